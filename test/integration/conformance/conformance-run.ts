import { type Conformance, conform } from '../../../scripts/cli/conformance/conform.ts';
import { suiteOf } from '../../../scripts/cli/conformance/suite.ts';
import { JumpingClock } from '../../support/jumping-clock.ts';

export interface RunOptions {
  readonly url: string;
  readonly profile?: string;
  readonly tokens?: number;
  readonly mostCalls?: number;
  readonly rate?: boolean;
  readonly dateMs?: () => number;
  readonly variables?: Readonly<Record<string, string>>;
}

/** Runs the suite. Its pauses take no time. */
export const runConformance = ({
  url,
  profile = 'simulator',
  tokens = 40,
  mostCalls = 2_000,
  rate = false,
  dateMs,
  variables = {},
}: RunOptions): Promise<Conformance> =>
  conform(suiteOf({ rate }), {
    // An answer may take long on a busy machine.
    environment: { TOME_URL: url, TOME_PROFILE: profile, TOME_ATTEMPT_TIMEOUT_MS: '29000', ...variables },
    tokens,
    mostCalls,
    serial: 5,
    clock: new JumpingClock(),
    ...(dateMs === undefined ? {} : { dateMs }),
  });

/** The ids of the rules with this result. */
export const idsWith = (
  { results }: Conformance,
  result: Conformance['results'][number]['result'],
): readonly string[] => results.filter((one) => one.result === result).map(({ id }) => id);
