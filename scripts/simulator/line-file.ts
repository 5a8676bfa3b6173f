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

/**
 * The file cannot be written, for example because the disk is full. It contains none of the new
 * lines.
 */
export class FileNotWritable extends Error {
  override readonly name = 'FileNotWritable';

  constructor(path: string, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    const advice = code === 'ENOSPC' ? 'The disk is full: free some space.' : 'Check the disk and the rights on it.';
    super(`${path} cannot be written (${code}). ${advice}`);
  }
}

/**
 * A file of lines that stays valid when its writer is killed at any moment. A line is complete with
 * its line feed: reading removes an incomplete last line, and a failed write is truncated, so that
 * the next line is not appended to it. The file is not synchronized to the disk: a crash of the
 * machine can lose the last lines.
 */
export class LineFile {
  readonly path: string;
  #bytes = 0;
  #isTorn = false;

  constructor(path: string) {
    this.path = path;
  }

  /** All complete lines; `null` when there is no file. */
  read(): readonly string[] | null {
    if (!existsSync(this.path)) return null;
    const text = readFileSync(this.path);
    this.#bytes = text.lastIndexOf(0x0a) + 1;
    if (this.#bytes < text.length) truncateSync(this.path, this.#bytes);
    return text.subarray(0, this.#bytes).toString('utf8').split('\n').slice(0, -1);
  }

  /** Throws FileNotWritable; then the file does not contain the lines. */
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

  /** Replaces all lines. Throws FileNotWritable; then the file is unchanged. */
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

  /**
   * Truncates a partial write, which needs no space. If that fails, the next write repeats it
   * first.
   */
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
