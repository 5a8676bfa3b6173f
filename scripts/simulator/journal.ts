import { createHash } from 'node:crypto';
import type { Namespace } from '../../lambdas/tome/contract/contract.ts';
import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import { LineFile } from './line-file.ts';
import { defaultProfile } from './served-profile.ts';

type Entry =
  | { readonly token: string; readonly requestId: string; readonly expiresAtMs: number | null }
  | { readonly source: string; readonly token: string };

/**
 * The first line. It has no profile under the profile `simulator`, as before there were profiles.
 */
interface Header {
  readonly journal: 1;
  readonly installation: string;
  readonly profile?: WrittenUnder;
}

interface WrittenUnder {
  readonly name: string;
  /** A hash of the token forms of both namespaces. */
  readonly forms: string;
}

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
 * The journal was written under another profile. Its tokens may not have the forms of the present
 * one, and then neither TOME nor the database could use them.
 */
export class JournalOfOtherProfile extends Error {
  override readonly name = 'JournalOfOtherProfile';

  constructor(path: string, written: string, present: string) {
    const difference =
      written === present
        ? `under other token forms of the profile ${written}`
        : `under the profile ${written}, and TOME_PROFILE is ${present}`;
    super(
      `The simulator's journal ${path} was written ${difference}. Use that profile, or another data directory and database.`,
    );
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
  readonly #header: Header;
  readonly #entries: Record<Namespace, Entry[]> = { ns1: [], ns2: [] };

  /** Throws ForeignJournal, JournalOfOtherProfile, DamagedJournal or FileNotWritable. */
  constructor(path: string, installation: string, profile: TomeProfile) {
    this.#file = new LineFile(path);
    const under = writtenUnder(profile);
    this.#header = { journal: 1, installation, ...(isSame(under, DEFAULT) ? {} : { profile: under }) };
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
    this.#file.replace([JSON.stringify(this.#header)]);
  }

  #append(line: Line): void {
    this.#file.append([JSON.stringify(line)]);
  }

  #checkHeader(text: string): void {
    if (text === JSON.stringify(this.#header)) return;
    const written = jsonOf(text) as Partial<Header> | null;
    const { installation, profile: present = DEFAULT } = this.#header;
    const { profile = DEFAULT } = written ?? {};
    if (written?.installation !== installation || isSame(profile, present)) throw new ForeignJournal(this.#file.path);
    throw new JournalOfOtherProfile(this.#file.path, profile.name, present.name);
  }

  #replay([header, ...lines]: readonly string[]): void {
    this.#checkHeader(header ?? '');
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

function writtenUnder({ name, namespaces: { ns1, ns2 } }: TomeProfile): WrittenUnder {
  const forms = createHash('sha256')
    .update(JSON.stringify([ns1.token, ns2.token]))
    .digest('hex');
  return { name, forms: forms.slice(0, 16) };
}

const DEFAULT = writtenUnder(defaultProfile());

const isSame = (one: WrittenUnder, other: WrittenUnder): boolean =>
  one.name === other.name && one.forms === other.forms;

/** `null` when the text is not a line of this file. */
function parsed(text: string): Line | null {
  const line = jsonOf(text) as Partial<Record<string, unknown>> | null;
  const isKnown = line?.['namespace'] === 'ns1' || line?.['namespace'] === 'ns2';
  const isBinding = typeof line?.['source'] === 'string' && typeof line['token'] === 'string';
  return isKnown && (isBinding || Array.isArray(line['tokens'])) ? (line as unknown as Line) : null;
}

/** `null` when the text is not JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
