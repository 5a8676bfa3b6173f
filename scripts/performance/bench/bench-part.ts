import type { BenchServer } from './bench-server.ts';
import type { Ratios } from './report.ts';

export interface BenchRun {
  readonly server: BenchServer;
  /** Whether this is the slow run with ten million used pairs. */
  readonly isFull: boolean;
  readonly progress: (line: string) => void;
}

export interface BenchPart {
  readonly name: string;
  /** Runs only with `--full`, or when `--only` names it. */
  readonly isExtra?: true;
  run(run: BenchRun): Promise<{ readonly ratios: Ratios; readonly details: unknown }>;
}
