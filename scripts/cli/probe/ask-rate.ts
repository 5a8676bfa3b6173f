import { BURST, burstUntilRefused, MAX_BURSTS, scopeOf, type UnboundTexts } from '../wire/burst-limit.ts';
import type { Finding } from './finding.ts';
import { measureRate } from './measure-rate.ts';
import { type ProbeTime, systemTime } from './probe-time.ts';
import type { TomeCalls } from './tome-calls.ts';

/**
 * Sends bursts of lookups that find nothing until TOME answers 429, and then measures how many it
 * admits in a second.
 */
export async function askRate(
  tome: TomeCalls,
  texts: UnboundTexts,
  time: Pick<ProbeTime, 'monotonicMs'> = systemTime,
): Promise<readonly Finding[]> {
  const result = await burstUntilRefused((requests) => tome.burst(requests), texts);
  const scope = scopeOf(result);
  const question = `calls refused by the rate limit, of ${BURST} at once, one in 20 on the other namespace`;
  if (scope === null) return [{ question, answer: `none in ${MAX_BURSTS} bursts` }];
  const { refused, refusedOfOtherNamespace, refusedOfOtherOperation } = result;
  const namespaces = refusedOfOtherNamespace > 0 ? 'they share the limit' : 'each has its own limit';
  const operations = refusedOfOtherOperation > 0 ? 'other operations share it too' : 'other operations do not share it';
  const callsPerSecond = await measureRate(tome, texts.cardNumber, time);
  return [
    {
      question,
      answer: `${refused - refusedOfOtherNamespace} and ${refusedOfOtherNamespace}: ${namespaces}; ${operations}`,
      lines: { 'limits.scope': scope },
    },
    {
      question: 'calls that TOME admits in a second',
      answer: callsPerSecond === null ? 'more than could be sent' : String(callsPerSecond),
      ...(callsPerSecond === null ? {} : { lines: { 'limits.callsPerSecond': callsPerSecond } }),
    },
  ];
}
