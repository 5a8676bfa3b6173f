import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** The file could not be written, for example because the disk is full. Nothing of what was to be written is in it. */
export class FileNotWritable extends Error {
  override readonly name = 'FileNotWritable';

  constructor(path: string, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    const advice = code === 'ENOSPC' ? 'The disk is full: free some space.' : 'Check the disk and the rights on it.';
    super(`${path} cannot be written (${code}). ${advice}`);
  }
}

/**
 * A file of lines that survives the death of its writer at any moment. A line counts once its line feed is there: reading cuts off what was
 * half written, and a failed write is taken back, so that a later line never joins it. Not synchronized to the disk: a crash of the whole
 * machine may take the last lines.
 */
export class LineFile {
  readonly path: string;
  #bytes = 0;
  #isTorn = false;

  constructor(path: string) {
    this.path = path;
  }

  /** All whole lines; `null` when there is no file. */
  read(): readonly string[] | null {
    if (!existsSync(this.path)) return null;
    const text = readFileSync(this.path);
    this.#bytes = text.lastIndexOf(0x0a) + 1;
    if (this.#bytes < text.length) truncateSync(this.path, this.#bytes);
    return text.subarray(0, this.#bytes).toString('utf8').split('\n').slice(0, -1);
  }

  /** Throws FileNotWritable; the lines are then not in the file. */
  append(lines: readonly string[]): void {
    const text = textOf(lines);
    if (this.#isTorn) this.#takeBack();
    try {
      appendFileSync(this.path, text, { mode: 0o600 });
      this.#bytes += Buffer.byteLength(text);
    } catch (error) {
      this.#takeBack();
      throw new FileNotWritable(this.path, error);
    }
  }

  /** Puts these lines in the place of all others, or fails and changes nothing. Throws FileNotWritable. */
  replace(lines: readonly string[]): void {
    const text = textOf(lines);
    try {
      mkdirSync(dirname(this.path), { recursive: true });
      writeFileSync(`${this.path}.new`, text, { mode: 0o600 });
      renameSync(`${this.path}.new`, this.path);
    } catch (error) {
      throw new FileNotWritable(this.path, error);
    }
    this.#bytes = Buffer.byteLength(text);
    this.#isTorn = false;
  }

  /** Cutting a file off needs no space. Where even that fails, the next write tries it again first. */
  #takeBack(): void {
    try {
      if (existsSync(this.path) && statSync(this.path).size > this.#bytes) truncateSync(this.path, this.#bytes);
      this.#isTorn = false;
    } catch (error) {
      this.#isTorn = true;
      throw new FileNotWritable(this.path, error);
    }
  }
}

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
