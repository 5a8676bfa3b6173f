import type { Clock } from '../../../lambdas/tokenization/ports/clock.ts';
import { type Conformance, conform } from '../../../scripts/cli/conformance/conform.ts';
import { suiteOf } from '../../../scripts/cli/conformance/suite.ts';

export interface RunOptions {
  readonly url: string;
  readonly profile?: string;
  readonly tokens?: number;
  readonly mostCalls?: number;
  readonly rate?: boolean;
  readonly dateMs: () => number;
  readonly waitSeconds?: number;
  readonly clock: Clock;
  readonly variables?: Readonly<Record<string, string>>;
}

/** Runs the suite. */
export const runConformance = ({
  url,
  profile = 'simulator',
  tokens = 40,
  mostCalls = 2_000,
  rate = false,
  dateMs,
  waitSeconds = 0,
  clock,
  variables = {},
}: RunOptions): Promise<Conformance> =>
  conform(suiteOf({ rate }), {
    // An answer may take long on a busy machine.
    environment: { TOME_URL: url, TOME_PROFILE: profile, TOME_ATTEMPT_TIMEOUT_MS: '29000', ...variables },
    tokens,
    mostCalls,
    serial: 5,
    waitSeconds,
    clock,
    dateMs,
  });

/** The ids of the rules with this result. */
export const idsWith = (
  { results }: Conformance,
  result: Conformance['results'][number]['result'],
): readonly string[] => results.filter((one) => one.result === result).map(({ id }) => id);
