import type { WrittenProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import type { WrittenForm } from './learn-form.ts';

/** The lines of a profile that calls can show. */
export interface LearnedLines {
  readonly 'namespaces.ns1.token': WrittenForm;
  readonly 'namespaces.ns2.token': WrittenForm;
  readonly toldApart: WrittenProfile['toldApart'];
  readonly answersShow: WrittenProfile['answersShow'];
  readonly alreadyBound: WrittenProfile['alreadyBound'];
  readonly tokenLifetimeHours: number | null;
  readonly bulkItems: number | null;
  readonly 'limits.tokensPerPrefetch': number;
  readonly 'limits.callsPerSecond': number;
  readonly 'limits.scope': WrittenProfile['limits']['scope'];
}

/** Their names, in the order of the profile. */
export const LEARNED_LINES: readonly (keyof LearnedLines)[] = [
  'namespaces.ns1.token',
  'namespaces.ns2.token',
  'toldApart',
  'answersShow',
  'alreadyBound',
  'tokenLifetimeHours',
  'bulkItems',
  'limits.tokensPerPrefetch',
  'limits.callsPerSecond',
  'limits.scope',
];
