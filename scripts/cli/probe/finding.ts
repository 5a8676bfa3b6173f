import type { LearnedLines } from './learned-lines.ts';

/** The result of one question to TOME. */
export interface Finding {
  readonly question: string;
  readonly answer: string;
  /** The environment variable that follows from the answer; none if every value works. */
  readonly setting?: { readonly name: string; readonly value: string };
  /** The lines of the profile that follow from the answer. */
  readonly lines?: Partial<LearnedLines>;
  /** Whether the product must not be used with a TOME that answers like this. */
  readonly isForbidding?: boolean;
}
