import type { BenchServer } from './bench-server.ts';
import type { Ratios } from './report.ts';

export interface BenchRun {
  readonly server: BenchServer;
  /** The slow run whose figures go into the README. */
  readonly isFull: boolean;
  readonly progress: (line: string) => void;
}

export interface BenchPart {
  readonly name: string;
  /** Run only when it is named or in full. */
  readonly isExtra?: true;
  run(run: BenchRun): Promise<{ readonly ratios: Ratios; readonly details: unknown }>;
}
