import type { Namespace } from '../../lambdas/tome/contract/contract.ts';
import { LineFile } from './line-file.ts';

type Entry =
  | { readonly token: string; readonly requestId: string; readonly expiresAtMs: number | null }
  | { readonly source: string; readonly token: string };

type Line = { readonly namespace: Namespace } & (
  | { readonly requestId: string; readonly expiresAtMs: number | null; readonly tokens: readonly string[] }
  | { readonly source: string; readonly token: string }
);

/**
 * The journal belongs to another installation, so its bindings do not match the pairs of the
 * database.
 */
export class ForeignJournal extends Error {
  override readonly name = 'ForeignJournal';

  constructor(path: string) {
    super(`The simulator's journal ${path} belongs to another database. Remove both or neither.`);
  }
}

/**
 * A line cannot be parsed. The message does not show it, because it contains card numbers and
 * tokens.
 */
export class DamagedJournal extends Error {
  override readonly name = 'DamagedJournal';

  constructor(path: string, line: number) {
    super(
      `Line ${line} of the simulator's journal ${path} cannot be read. Restore the data directory from a copy, or remove it.`,
    );
  }
}

/**
 * The simulator's data on disk: one line for each prefetch answer and each binding, written before
 * the answer is sent. So a killed simulator has every answer that a client received. The first line
 * names the installation.
 */
export class Journal {
  readonly #file: LineFile;
  readonly #header: string;
  readonly #entries: Record<Namespace, Entry[]> = { ns1: [], ns2: [] };

  /** Throws ForeignJournal, DamagedJournal or FileNotWritable. */
  constructor(path: string, installation: string) {
    this.#file = new LineFile(path);
    this.#header = JSON.stringify({ journal: 1, installation });
    const lines = this.#file.read();
    // Without a complete first line the file contains no data: its writer was killed while creating
    // it.
    if (lines === null || lines.length === 0) this.wipe();
    else this.#replay(lines);
  }

  /** The entries that were read at start. Returned once, then freed. */
  entriesOf(namespace: Namespace): readonly Entry[] {
    const entries = this.#entries[namespace];
    this.#entries[namespace] = [];
    return entries;
  }

  /** Throws FileNotWritable. */
  issued(
    namespace: Namespace,
    requestId: string,
    tokens: readonly { token: string; expiresAtMs: number | null }[],
  ): void {
    const expiresAtMs = tokens[0]?.expiresAtMs ?? null;
    this.#append({ namespace, requestId, expiresAtMs, tokens: tokens.map(({ token }) => token) });
  }

  /** Throws FileNotWritable. */
  bound(namespace: Namespace, source: string, token: string): void {
    this.#append({ namespace, source, token });
  }

  wipe(): void {
    this.#file.replace([this.#header]);
  }

  #append(line: Line): void {
    this.#file.append([JSON.stringify(line)]);
  }

  #replay([header, ...lines]: readonly string[]): void {
    if (header !== this.#header) throw new ForeignJournal(this.#file.path);
    for (const [index, line] of lines.entries()) {
      const entry = parsed(line);
      if (entry === null) throw new DamagedJournal(this.#file.path, index + 2);
      const entries = this.#entries[entry.namespace];
      if ('source' in entry) entries.push({ source: entry.source, token: entry.token });
      else
        for (const token of entry.tokens)
          entries.push({ token, requestId: entry.requestId, expiresAtMs: entry.expiresAtMs });
    }
  }
}

/** `null` when the text is not a line of this file. */
function parsed(text: string): Line | null {
  try {
    const line = JSON.parse(text) as Partial<Record<string, unknown>> | null;
    const isKnown = line?.['namespace'] === 'ns1' || line?.['namespace'] === 'ns2';
    const isBinding = typeof line?.['source'] === 'string' && typeof line['token'] === 'string';
    return isKnown && (isBinding || Array.isArray(line['tokens'])) ? (line as unknown as Line) : null;
  } catch {
    return null;
  }
}
