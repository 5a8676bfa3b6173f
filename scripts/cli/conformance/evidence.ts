import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import type { WireAnswer } from '../wire/wire-answer.ts';
import type { CallFailed } from './product-namespace.ts';

/** What happened while the checks ran. */
export interface Evidence {
  readonly profile: TomeProfile;
  /** Answers as they were received. */
  readonly answers: readonly WireAnswer[];
  /** Calls that gave no answer where a check needed one. */
  readonly failures: readonly CallFailed[];
}
