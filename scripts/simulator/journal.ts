import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Namespace } from '../../lambdas/tome/contract.ts';

type Entry =
  | { readonly token: string; readonly requestId: string; readonly expiresAtMs: number | null }
  | { readonly source: string; readonly token: string };

/** The journal belongs to another installation: its bindings and the database's pairs would not fit together. */
export class ForeignJournal extends Error {
  override readonly name = 'ForeignJournal';

  constructor(path: string) {
    super(`The simulator's journal ${path} belongs to another database. Remove both or neither.`);
  }
}

/**
 * The simulator's memory on disk: one line for each prefetch answer and each binding, written before it is answered, so that killing the simulator
 * loses nothing that anybody was told. The first line names the installation that it belongs to.
 */
export class Journal {
  readonly #path: string;
  readonly #header: string;
  readonly #entries: Record<Namespace, Entry[]> = { ns1: [], ns2: [] };

  /** Throws ForeignJournal. */
  constructor(path: string, installation: string) {
    this.#path = path;
    this.#header = `${JSON.stringify({ journal: 1, installation })}\n`;
    if (existsSync(path)) this.#replay();
    else this.wipe();
  }

  /** What was read at the start; handed out once. */
  entriesOf(namespace: Namespace): readonly Entry[] {
    const entries = this.#entries[namespace];
    this.#entries[namespace] = [];
    return entries;
  }

  issued(
    namespace: Namespace,
    requestId: string,
    tokens: readonly { token: string; expiresAtMs: number | null }[],
  ): void {
    const expiresAtMs = tokens[0]?.expiresAtMs ?? null;
    this.#append({ namespace, requestId, expiresAtMs, tokens: tokens.map(({ token }) => token) });
  }

  bound(namespace: Namespace, source: string, token: string): void {
    this.#append({ namespace, source, token });
  }

  wipe(): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, this.#header, { mode: 0o600 });
  }

  #append(line: object): void {
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`);
  }

  /** A last line without its end was never answered for: it is cut off. */
  #replay(): void {
    const text = readFileSync(this.#path, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (!whole.startsWith(this.#header)) throw new ForeignJournal(this.#path);
    if (whole.length < text.length) truncateSync(this.#path, Buffer.byteLength(whole));
    for (const line of whole.slice(this.#header.length).split('\n')) {
      if (line === '') continue;
      const { namespace, ...entry } = JSON.parse(line) as { namespace: Namespace } & (
        | { requestId: string; expiresAtMs: number | null; tokens: string[] }
        | { source: string; token: string }
      );
      const entries = this.#entries[namespace];
      if ('source' in entry) entries.push(entry);
      else
        for (const token of entry.tokens)
          entries.push({ token, requestId: entry.requestId, expiresAtMs: entry.expiresAtMs });
    }
  }
}
