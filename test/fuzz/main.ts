import { startLocalStack } from '../../scripts/local/local-stack.ts';
import { sampleDomain } from '../../scripts/local/sample-domain.ts';
import { InvalidArguments } from '../../scripts/program/invalid-arguments.ts';
import { parseOptions } from '../../scripts/program/options.ts';
import { beginProgram, endProgram } from '../../scripts/program/run-program.ts';
import { fuzz } from './fuzz.ts';

/** Short waits, so that faults of TOME take little time, and no caller budgets. */
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

Starts a local stack on free ports, and sends valid and invalid requests to it. Exits with 1 when an
answer does not match docs/openapi.json, or docs/openapi-program.json with PRODUCER_DOMAIN=program.

  --requests N   how many requests (20000)
  --seed N       the seed of all random choices (1)
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
const print = (line: string): void => void write(`${line}\n`);
const output: string[] = [];
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk: string | Uint8Array): boolean => {
    output.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    return true;
  };
}
Object.assign(process.env, SETTINGS);

const domain = sampleDomain();

const startedMs = performance.now();
print(`fuzz: ${requests} requests, seed ${seed}`);
const stack = await startLocalStack({
  port: 0,
  schedules: false,
  tomeLatencyMs: 1,
  onProgress: (line) => print(`  ${line}`),
});
await fetch(`${stack.url}/_local/tome/switches`, { method: 'PUT', body: JSON.stringify({ rateLimitScope: 'off' }) });
const { statuses, violations } = await fuzz({
  url: stack.url,
  domain,
  requests,
  seed,
  concurrency: 16,
  output: () => output.join(''),
  onProgress: (done) => print(`  ${done} requests`),
});
await stack.close();
for (const [status, count] of Object.entries(statuses)) print(`  ${status}: ${count}`);
for (const violation of violations) print(`VIOLATION ${violation}`);
print(`${violations.length} violations in ${Math.round((performance.now() - startedMs) / 1_000)} s`);
await endProgram(violations.length === 0 ? 0 : 1);
