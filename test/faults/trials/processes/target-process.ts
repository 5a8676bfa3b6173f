import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** How many pieces of output are kept, to explain why a process ended. */
const KEPT_OUTPUTS = 5;

/** An API process that a trial kills, stops and starts again under load. */
export class TargetProcess {
  readonly #environment: Readonly<Record<string, string>>;
  readonly #onOutput: (text: string) => void;
  readonly #lastOutputs: string[] = [];
  #child: ChildProcess | null = null;
  #url: string | null = null;

  constructor(environment: Readonly<Record<string, string>>, onOutput: (text: string) => void) {
    this.#environment = environment;
    this.#onOutput = onOutput;
  }

  /** Its address; `null` while it is down. */
  get url(): string | null {
    return this.#url;
  }

  /** Its last output, if it ended without being killed; `null` otherwise. */
  lastOutput: string | null = null;

  async start(): Promise<void> {
    const child = spawn(process.execPath, ['test/faults/trials/processes/api-process.ts'], {
      env: { ...process.env, ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        this.#onOutput(String(chunk));
        this.#lastOutputs.push(String(chunk));
        if (this.#lastOutputs.length > KEPT_OUTPUTS) this.#lastOutputs.shift();
      });
    }
    child.once('exit', () => {
      if (this.#child === child) this.lastOutput = this.#lastOutputs.join('');
    });
    this.#url = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (chunk) => {
        const ready = /ready (\S+)/.exec(String(chunk))?.[1];
        if (ready !== undefined) resolve(ready);
      });
      child.once('exit', (code) => reject(new Error(`The API process ended with ${code} before it was ready.`)));
    });
  }

  async kill(): Promise<void> {
    this.#url = null;
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }
}
