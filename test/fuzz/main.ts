import { startLocalStack } from '../../scripts/local/local-stack.ts';
import { InvalidArguments } from '../../scripts/performance/load/invalid-arguments.ts';
import { parseOptions } from '../../scripts/program/options.ts';
import { beginProgram, endProgram } from '../../scripts/program/run-program.ts';
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

const USAGE = `npm run fuzz -- [options]

Sends sound and spoilt requests to a local stack of its own, on free ports. Exits with 1 when an answer is not as docs/openapi.json says.

  --requests N   how many (20000)
  --seed N       where the random choices begin (1)
  --help         this text
`;

/** `npm run fuzz`. */
const { requests, seed } = beginProgram({
  usage: USAGE,
  parse(args) {
    const values = parseOptions(args, {
      requests: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '1' },
    });
    if (values === null) return null;
    const faults: string[] = [];
    if (!/^[1-9]\d{0,8}$/.test(values.requests)) faults.push('--requests must be a whole number from 1.');
    if (!/^\d{1,9}$/.test(values.seed)) faults.push('--seed must be a whole number.');
    if (faults.length > 0) throw new InvalidArguments(faults);
    return { requests: Number(values.requests), seed: Number(values.seed) };
  },
});

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
await endProgram(violations.length === 0 ? 0 : 1);
