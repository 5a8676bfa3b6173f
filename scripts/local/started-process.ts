import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CannotStart } from '../program/cannot-start.ts';
import { atEnd } from '../program/endings.ts';

export interface StartedProcess {
  readonly url: string;
  close(): Promise<void>;
}

const END_WITH_PARENT = new URL('end-with-parent.ts', import.meta.url).href;

/**
 * Starts another program of this project and resolves when it prints `ready` and its URL. Its
 * output is passed to `onOutput` and not shown. The program ends when this process ends, for any
 * reason. It has its own process group, so that Ctrl-C in a terminal reaches only this process,
 * which then stops the program. Throws CannotStart.
 */
export async function startProcess(
  script: string,
  environment: Readonly<Record<string, string>>,
  onOutput: (text: string) => void = () => undefined,
): Promise<StartedProcess> {
  const child = spawn(
    process.execPath,
    ['--import', END_WITH_PARENT, fileURLToPath(new URL(`../../${script}`, import.meta.url))],
    {
      detached: true,
      env: { ...process.env, ...environment },
      stdio: ['pipe', 'pipe', 'inherit'],
      windowsHide: true,
    },
  );
  const exited = once(child, 'exit');
  child.stdin.on('error', () => undefined);
  const close = atEnd(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      onOutput(String(chunk));
      output = (output + String(chunk)).slice(-2_000);
      const ready = /ready (\S+)/.exec(output)?.[1];
      if (ready !== undefined) resolve(ready);
    });
    child.once('exit', () => reject(new CannotStart(`${script} did not start.`)));
  });
  return { url, close };
}
