import type { WrittenProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import type { Finding } from './finding.ts';
import { LEARNED_LINES, type LearnedLines } from './learned-lines.ts';

/**
 * The draft with the lines that the findings show. A line that no finding shows keeps the draft's
 * value and is listed in `unknown`, so that the profile cannot be used before the owners of TOME
 * have answered. Lines that calls cannot show, such as names and paths, are the draft's.
 */
export function profileWith(draft: WrittenProfile, findings: readonly Finding[]): WrittenProfile {
  const learned: Partial<LearnedLines> = Object.assign({}, ...findings.map(({ lines = {} }) => lines));
  const { ns1, ns2 } = draft.namespaces;
  const { callsPerSecond, scope, tokensPerPrefetch } = draft.limits;
  const isUnknown = (line: string): boolean => !LEARNED_LINES.some((name) => name === line);
  return {
    ...draft,
    namespaces: {
      ns1: { ...ns1, token: learned['namespaces.ns1.token'] ?? ns1.token },
      ns2: { ...ns2, token: learned['namespaces.ns2.token'] ?? ns2.token },
    },
    ...chosen(learned, 'toldApart'),
    ...chosen(learned, 'answersShow'),
    ...chosen(learned, 'alreadyBound'),
    ...chosen(learned, 'tokenLifetimeHours'),
    ...chosen(learned, 'bulkItems'),
    limits: {
      callsPerSecond: learned['limits.callsPerSecond'] ?? callsPerSecond,
      scope: learned['limits.scope'] ?? scope,
      tokensPerPrefetch: learned['limits.tokensPerPrefetch'] ?? tokensPerPrefetch,
    },
    unknown: [...(draft.unknown ?? []).filter(isUnknown), ...LEARNED_LINES.filter((line) => !(line in learned))],
  };
}

/** One line, or none if it was not learned. */
const chosen = <Line extends keyof LearnedLines>(learned: Partial<LearnedLines>, line: Line) =>
  line in learned ? { [line]: learned[line] } : {};
