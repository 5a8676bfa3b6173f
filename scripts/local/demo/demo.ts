import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { InvalidArguments } from '../../program/invalid-arguments.ts';
import { parseOptions } from '../../program/options.ts';
import { beginProgram, endProgram } from '../../program/run-program.ts';
import { freePort } from '../free-port.ts';
import { sampleDomain } from '../sample-domain.ts';
import { startProcess } from '../started-process.ts';
import { callCounter, type LaneCounts } from './ledger-difference.ts';

const USAGE = `npm run demo

Creates, looks up and detokenizes cards with the pool and with the dual-call strategy, and compares
the latencies and the TOME calls. Uses the stack of npm start at PORT, or starts a temporary one.

  DEMO_CARDS=n   number of cards, 1 to 100000 (1000)
  PORT=n         port of npm start (3000)
  PRODUCER_DOMAIN=program   accounts in place of cards; the same as that of npm start
`;

const CARDS = beginProgram({ usage: USAGE, parse });

const { vocabulary, madeUpSource } = sampleDomain();
const { items, fields } = vocabulary;

/**
 * Concurrent requests: about 100 a second at the 50 ms of TOME. The dual-call strategy then makes
 * 200 of the 250 calls a second that TOME allows.
 */
const CONCURRENCY = 5;

/** Returns the number of cards. */
function parse(args: readonly string[]): number | null {
  if (parseOptions(args, {}) === null) return null;
  const text = process.env['DEMO_CARDS'] || '1000';
  if (!/^\d{1,6}$/.test(text) || Number(text) < 1 || Number(text) > 100_000) {
    throw new InvalidArguments(['DEMO_CARDS must be a whole number from 1 to 100000.']);
  }
  const port = process.env['PORT'] || '3000';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new InvalidArguments(['PORT must be a port number.']);
  return Number(text);
}

interface Outcome {
  readonly operation: string;
  readonly latency: RecordableHistogram;
  readonly calls: LaneCounts;
}

/**
 * Runs the same operations with both strategies, and prints the calls that the ledger of TOME
 * counted.
 */
async function main(): Promise<void> {
  const stack = await runningStack();
  const direct = await startProcess('scripts/local/demo/direct-api-process.ts', {
    ...stack.tomeSettings,
    TOKENIZER: 'direct',
  });
  const fill = await (await callCounter(stack.tomeUrl, 'from the start'))();
  try {
    const serial = Math.floor(Math.random() * 900_000) * 1_000;
    process.stdout.write(`${CARDS} ${items} with the pool at ${stack.url}\n`);
    const pooled = await runOperations(stack.url, stack.tomeUrl, serial);
    process.stdout.write(`${CARDS} other ${items} with the dual-call strategy\n`);
    const dual = await runOperations(direct.url, stack.tomeUrl, serial + CARDS);
    print(fill, pooled, dual);
  } finally {
    await direct.close();
    await stack.close();
  }
}

interface RunningTome {
  readonly tomeUrl: string;
  /** The settings with which a process reaches it. */
  readonly tomeSettings: Readonly<Record<string, string>>;
}

interface RunningStack extends RunningTome {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Uses the stack of `npm start`, or starts a temporary one. */
async function runningStack(): Promise<RunningStack> {
  const url = `http://127.0.0.1:${process.env['PORT'] || 3_000}`;
  const tome = await tomeOf(url);
  if (tome !== null) return { url, ...tome, close: async () => undefined };
  process.stdout.write(`no stack at ${url}: starting a temporary one and filling its pool\n`);
  const own = await startProcess('scripts/local/start.ts', {
    PORT: String(await freePort()),
    POOL_TARGET_MIN: String(CARDS + 100),
    // No refill during the measurement. The calls that fill the pool are counted before.
    POOL_COVER_MINUTES: '0',
    POOL_LOW_WATER_RATIO: '0',
  });
  const ownTome = await tomeOf(own.url);
  if (ownTome === null) throw new Error('The stack has no simulator.');
  return { ...own, ...ownTome };
}

/** The TOME of a running stack; `null` if there is no stack. */
async function tomeOf(url: string): Promise<RunningTome | null> {
  const response = await fetch(`${url}/_local/tome`).catch(() => null);
  if (response?.ok !== true) return null;
  const tome = (await response.json()) as { url: string; settings: Readonly<Record<string, string>> };
  return { tomeUrl: tome.url, tomeSettings: tome.settings };
}

async function runOperations(url: string, tomeUrl: string, firstSerial: number): Promise<readonly Outcome[]> {
  const cards = Array.from({ length: CARDS }, (_, index) => madeUpSource(firstSerial + index));
  const count = await callCounter(tomeUrl);
  const references = new Map<string, string>();
  const step = async (operation: string, act: (card: string) => Promise<void>): Promise<Outcome> => {
    const latency = createHistogram();
    const queue = cards.values();
    const worker = async (): Promise<void> => {
      for (const card of queue) {
        const startedMs = performance.now();
        await act(card);
        latency.record(Math.max(1, Math.round((performance.now() - startedMs) * 1_000)));
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    return { operation, latency, calls: await count() };
  };
  return [
    await step('create', async (card) => {
      references.set(card, (await post(`${url}/v1/${items}`, { source: card })).reference);
    }),
    await step('lookup', async (card) => {
      const { reference } = await post(`${url}/v1/${items}/lookup`, { source: card });
      if (reference !== references.get(card)) throw new Error('A card has two references.');
    }),
    await step('detokenize', async (card) => {
      const answer = await post(`${url}/v1/references/detokenize`, { reference: references.get(card) ?? '' });
      if (answer.source !== card) throw new Error('A reference resolves to another card.');
    }),
  ];
}

interface Body {
  readonly source?: string | undefined;
  readonly reference?: string | undefined;
}

/** Sends and reads a body, whose fields have the names of the producer domain. */
async function post(url: string, { source, reference }: Body): Promise<Body & { readonly reference: string }> {
  const body = JSON.stringify({ [fields.source.name]: source, [fields.reference.name]: reference });
  const response = await fetch(url, { method: 'POST', body });
  const answer = (await response.json()) as Readonly<Record<string, string>>;
  if (!response.ok) throw new Error(`${response.status} from ${url}: ${answer['detail']}`);
  return { source: answer[fields.source.name], reference: answer[fields.reference.name] ?? '' };
}

function print(fill: LaneCounts, pooled: readonly Outcome[], dual: readonly Outcome[]): void {
  const ms = (histogram: RecordableHistogram, percentile: number): string =>
    (histogram.percentile(percentile) / 1_000).toFixed(1).padStart(8);
  const row = (strategy: string, { operation, latency, calls }: Outcome): string =>
    [
      operation.padEnd(11),
      strategy.padEnd(10),
      ms(latency, 50),
      ms(latency, 95),
      ms(latency, 99),
      (liveOf(calls) / CARDS).toFixed(3).padStart(10),
      String(calls.batch).padStart(7),
    ].join(' ');
  const rows = pooled.flatMap((outcome, index) => {
    const other = dual[index];
    return other === undefined ? [] : [row('pool', outcome), row('dual-call', other)];
  });
  const total = (outcomes: readonly Outcome[]): number => outcomes.reduce((sum, { calls }) => sum + liveOf(calls), 0);
  const saved = 1 - total(pooled) / total(dual);
  process.stdout.write(
    [
      '',
      'operation   strategy     p50 ms   p95 ms   p99 ms  live/op   batch',
      ...rows,
      '',
      `live TOME calls: ${total(pooled)} with the pool, ${total(dual)} with the dual-call strategy: ${(saved * 100).toFixed(1)}% saved.`,
      `The prefetches before made ${fill.batch + fill.unknown} batch calls: one for each pair, without a waiting caller.`,
      ...(fill.unknown > 0
        ? ['This TOME does not get the lane, so calls of the jobs during the measurement count as live too.']
        : []),
      '',
    ].join('\n'),
  );
}

/** Without the lane every call during the measurement counts, also one of a job of `npm start`. */
function liveOf({ live, unknown }: LaneCounts): number {
  return live + unknown;
}

await main();
await endProgram(0);
