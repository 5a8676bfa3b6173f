import { parseArgs } from 'node:util';
import { startLocalStack } from '../local/local-stack.ts';
import { fuzz } from './fuzz.ts';

/** What the stack runs with: few retries and short waits, so that faults at TOME cost little time, and budgets that are not what is tried here. */
const SETTINGS = {
  POOL_TARGET_MIN: '1500',
  POOL_TARGET_MAX: '1500',
  TOME_LIVE_CALLS_PER_SECOND: '0',
  TOME_BREAKER_OPEN_MS: '50',
  TOME_BACKOFF_CAP_MS: '50',
  CALLER_LOOKUP_MISSES_PER_HOUR: '0',
  CALLER_DETOKENIZE_REFUSALS_PER_HOUR: '0',
  CALLER_EXISTING_CREATIONS_PER_HOUR: '0',
  POWERTOOLS_LOG_LEVEL: 'INFO',
} as const;

/** `npm run fuzz`: 20,000 requests against a stack of its own, on free ports. Exits with 1 when an answer is not as published. */
const { values } = parseArgs({
  options: { requests: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
});
const [requests, seed] = [Number(values.requests), Number(values.seed)];
if (!Number.isSafeInteger(requests) || requests < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write('--requests must be a whole number from 1, and --seed a whole number.\n');
  process.exit(2);
}

const write = process.stdout.write.bind(process.stdout);
const say = (line: string): void => void write(`${line}\n`);
const output: string[] = [];
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk: string | Uint8Array): boolean => {
    output.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    return true;
  };
}
Object.assign(process.env, SETTINGS);

const startedMs = performance.now();
say(`fuzz: ${requests} requests, seed ${seed}`);
const stack = await startLocalStack({
  port: 0,
  schedules: false,
  tomeLatencyMs: 1,
  onProgress: (line) => say(`  ${line}`),
});
await fetch(`${stack.url}/_local/tome/switches`, { method: 'PUT', body: JSON.stringify({ rateLimitScope: 'off' }) });
const { statuses, violations } = await fuzz({
  url: stack.url,
  requests,
  seed,
  concurrency: 16,
  output: () => output.join(''),
  onProgress: (done) => say(`  ${done} requests`),
});
await stack.close();
for (const [status, count] of Object.entries(statuses)) say(`  ${status}: ${count}`);
for (const violation of violations) say(`VIOLATION ${violation}`);
say(`${violations.length} violations in ${Math.round((performance.now() - startedMs) / 1_000)} s`);
process.exit(violations.length === 0 ? 0 : 1);
