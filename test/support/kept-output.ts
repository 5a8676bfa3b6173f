import { vi } from 'vitest';

/** What this process has written to both streams since the output is kept. */
export interface KeptOutput {
  text: string;
  /** Writes again. `vi.restoreAllMocks` does the same. */
  restore(): void;
}

/** Keeps what this process writes, in the place of writing it. */
export function keepOutput(): KeptOutput {
  const keep = (chunk: unknown): boolean => {
    kept.text += String(chunk);
    return true;
  };
  const streams = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation(keep));
  const kept: KeptOutput = {
    text: '',
    restore() {
      for (const stream of streams) stream.mockRestore();
    },
  };
  return kept;
}
