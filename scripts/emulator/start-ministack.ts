import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../local/free-port.ts';
import { CannotStart } from '../program/cannot-start.ts';
import { atEnd } from '../program/endings.ts';
import { killOnExit } from './exit-cleanup.ts';
import { installMinistack } from './install-ministack.ts';

const START_LIMIT_MS = 60_000;

/** After this time, the process is killed. */
const STOP_LIMIT_MS = 10_000;

export interface Ministack {
  readonly endpointUrl: string;
  stop(): Promise<void>;
}

/**
 * Starts MiniStack on a free loopback port. It writes only below `directory`. The Lambda functions
 * inherit its environment variables, so it gets only those listed here. Throws CannotStart with the
 * end of its log when it does not answer.
 */
export async function startMinistack(directory: string, say: (line: string) => void): Promise<Ministack> {
  const { python, variables } = await installMinistack(say);
  const port = await freePort();
  const logFile = join(directory, 'ministack.log');
  const log = openSync(logFile, 'a');
  const child = spawn(python, ['-m', 'ministack'], {
    cwd: directory,
    stdio: ['ignore', log, log],
    env: {
      ...variables,
      // The functions run with the first `node` of PATH: the one that runs this process.
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      HOME: directory,
      TMPDIR: directory,
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      PYTHONUNBUFFERED: '1',
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  closeSync(log);
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  killOnExit(child);

  const stop = atEnd(async () => {
    if (hasEnded()) return;
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
  });

  const endpointUrl = `http://127.0.0.1:${port}`;
  const giveUpAtMs = performance.now() + START_LIMIT_MS;
  while (!(await answers(endpointUrl))) {
    if (hasEnded() || performance.now() > giveUpAtMs) {
      await stop();
      throw new CannotStart(`The emulator did not start: ${readFileSync(logFile, 'utf8').trim().slice(-600)}`);
    }
    await sleep(100);
  }
  return { endpointUrl, stop };
}

const answers = (endpointUrl: string): Promise<boolean> =>
  fetch(`${endpointUrl}/_ministack/health`).then(
    ({ ok }) => ok,
    () => false,
  );
