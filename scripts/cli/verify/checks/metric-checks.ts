import type { RouteName } from '../../../../lambdas/functions.ts';
import { type Counters, type Durations, METRICS_SERVICE, metricsNamespace } from '../../../../lambdas/metric-names.ts';
import { NAMESPACES, type Operation } from '../../../../lambdas/tome/contract/contract.ts';
import { failed, notTried, passed, type Verdict } from '../../conformance/check.ts';
import type { Check } from '../check.ts';
import type { MetricQuery } from '../deployed-account.ts';
import type { DomainContext } from '../domain-context.ts';

/** A request and the call to TOME that it makes once. */
interface Counted {
  readonly request: 'create' | 'lookup' | 'detokenize';
  readonly route: RouteName;
  readonly status: '200' | '201';
  readonly call: Operation;
  readonly needs: string;
}

const COUNTED: readonly Counted[] = [
  { request: 'create', route: 'create-card', status: '201', call: 'tokenize', needs: 'api.create' },
  { request: 'lookup', route: 'lookup', status: '200', call: 'lookup', needs: 'api.lookup' },
  { request: 'detokenize', route: 'detokenize', status: '200', call: 'detokenize', needs: 'api.detokenize' },
];

/**
 * Calls for each request from which it is no longer one call. Without a pool it is two. A retry
 * adds a part of a call.
 */
const TOO_MANY_CALLS = 1.5;

const MINUTE_MS = 60_000;

/** Calls to TOME for each request, from the metrics of the product. */
export const metricChecks: readonly Check[] = COUNTED.map((counted) => ({
  id: `calls.${counted.request}`,
  sentence: `Each ${counted.route} request makes one call to TOME.`,
  remedy: 'See whether the pool was empty or TOME failed: the dashboard shows the calls of each operation.',
  needs: [counted.needs],
  creates: true,
  run: (context: DomainContext) => countCalls(context, counted),
}));

async function countCalls(context: DomainContext, { request, route, status, call }: Counted): Promise<Verdict> {
  const { environment, domain, account, answered, startedMs, dateMs, eventually } = context;
  if (environment.kind === 'emulator') return notTried('an emulator makes no metrics from log lines');
  const own = answered[request];
  // The metric counts a repeated creation too, and it makes no call.
  const replays = request === 'create' ? answered.replay : 0;
  const namespace = metricsNamespace(domain);
  const queries: MetricQuery[] = [
    {
      namespace,
      name: 'Requests' satisfies keyof Counters,
      dimensions: { service: METRICS_SERVICE, operation: route, status },
      statistic: 'Sum',
    },
    // TomeCalls counts the same calls with their outcome as a dimension, and CloudWatch adds up
    // only what is named. The duration has no outcome and one sample for each call.
    ...NAMESPACES.map((of) => ({
      namespace,
      name: 'TomeCallDuration' satisfies keyof Durations,
      dimensions: { service: METRICS_SERVICE, namespace: of, operation: call, lane: 'live' },
      statistic: 'SampleCount' as const,
    })),
  ];
  const from = new Date(Math.floor(startedMs / MINUTE_MS) * MINUTE_MS);
  const measure = async () => {
    const to = new Date(Math.ceil((dateMs() + 1) / MINUTE_MS) * MINUTE_MS);
    const [all = 0, ...calls] = await account.metricSums(queries, from, to);
    return { requests: all - replays, calls: calls.reduce((sum, value) => sum + value, 0) };
  };
  const { requests, calls } = await eventually(measure, (sums) => sums.requests >= own && sums.calls >= own);
  if (requests < own || calls < own) {
    return notTried(`CloudWatch has ${requests} of ${own} requests and ${calls} calls after the time of --wait`);
  }
  const counts = `${calls} calls for ${requests} requests`;
  if (calls / requests < TOO_MANY_CALLS) return passed(counts);
  return requests > own
    ? notTried(`${counts}, of which ${own} are of this run: run again when there is no other caller`)
    : failed(counts);
}
