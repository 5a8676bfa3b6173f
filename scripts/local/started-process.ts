import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface StartedProcess {
  readonly url: string;
  close(): Promise<void>;
}

/** Another of this project's programs, once it has said `ready` and its address. What it logs is not shown, but told to `onOutput`. */
export async function startProcess(
  script: string,
  environment: Readonly<Record<string, string>>,
  onOutput: (text: string) => void = () => undefined,
): Promise<StartedProcess> {
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = (): void => void child.kill('SIGTERM');
  process.once('exit', end);
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      onOutput(String(chunk));
      output = (output + String(chunk)).slice(-2_000);
      const ready = /ready (\S+)/.exec(output)?.[1];
      if (ready !== undefined) resolve(ready);
    });
    child.once('exit', () => reject(new Error(`${script} did not start.`)));
  });
  return {
    url,
    async close() {
      process.off('exit', end);
      end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
