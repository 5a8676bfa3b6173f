import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** An API process that is killed, frozen and started again under load. */
export class Victim {
  readonly #environment: Readonly<Record<string, string>>;
  readonly #onOutput: (text: string) => void;
  readonly #lastWords: string[] = [];
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

  /** What it said before it died without being killed; `null` while that has not happened. */
  died: string | null = null;

  async start(): Promise<void> {
    const child = spawn(process.execPath, ['test/faults/trials/processes/api-process.ts'], {
      env: { ...process.env, ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        this.#onOutput(String(chunk));
        this.#lastWords.push(String(chunk));
        if (this.#lastWords.length > 5) this.#lastWords.shift();
      });
    }
    child.once('exit', () => {
      if (this.#child === child) this.died = this.#lastWords.join('');
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
