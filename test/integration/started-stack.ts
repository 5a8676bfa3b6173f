import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Started {
  readonly child: ChildProcess;
  /** Resolves with the output when it contains the text, or when the process ends. */
  until(text: string): Promise<string>;
  readonly ended: Promise<{ code: number | null; output: string }>;
}

const folders: string[] = [];
const children: ChildProcess[] = [];

/** A new folder that the user of the database server may enter. `cleanUp` removes it. */
export function newFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'start-test-'));
  execFileSync('chmod', ['711', path]);
  folders.push(path);
  return path;
}

/** The longest times that the settings allow, so that no call times out on a busy machine. */
const LONGEST_TIMES = {
  REQUEST_DEADLINE_MS: '29000',
  DATABASE_QUERY_TIMEOUT_MS: '60000',
  TOME_ATTEMPT_TIMEOUT_MS: '29000',
} as const;

/**
 * Runs `npm start` with a small pool, a free port and temporary files below `environment.TMPDIR`.
 */
export function start(environment: Record<string, string>, ...args: readonly string[]): Started {
  const child = spawn(process.execPath, ['scripts/local/start.ts', ...args], {
    env: { ...process.env, ...LONGEST_TIMES, PORT: '0', POOL_TARGET_MIN: '30', VITEST: '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  const looks = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk);
      for (const look of looks) look();
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, output }));
  });
  const until = (text: string): Promise<string> =>
    Promise.race([
      ended.then((end) => end.output),
      new Promise<string>((resolve) => {
        const look = (): void => {
          if (output.includes(text)) resolve(output);
        };
        looks.add(look);
        look();
      }),
    ]);
  return { child, until, ended };
}

export const urlIn = (output: string): string => /ready (http:\S+)/.exec(output)?.[1] ?? `not ready: ${output}`;

export async function post(url: string, body: object) {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

/** The ids of all processes whose command line contains the folder. */
export function processesOf(folder: string): readonly number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines
    .filter((line) => line.includes(folder) && !line.includes('ps -eo'))
    .map((line) => Number.parseInt(line, 10));
}

/** Waits until the condition is true. It has no time limit except that of the test. */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(20);
}

/** The files of a folder, with hidden ones. Empty when there is no such folder. */
export const filesIn = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** Kills the processes that the test started and removes its folders when no process uses them. */
export async function cleanUp(): Promise<void> {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) {
    await eventually(() => processesOf(folder).length === 0);
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}
