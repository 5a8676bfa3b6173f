import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { type LocalStack, startLocalStack } from '../../scripts/local/local-stack.ts';
import type { LedgerSummary } from '../../scripts/simulator/ledger.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, never>;
  readonly text: string;
}

export interface RunningStack {
  readonly stack: LocalStack;
  readonly db: TestDatabase;
  /** All output of the process since the stack was started. */
  readonly output: readonly string[];
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  ledger(): Promise<LedgerSummary>;
  stop(): Promise<void>;
}

/**
 * The longest times that the settings allow, so that no call times out on a busy machine. Tests of
 * timeouts set their own.
 */
const LONGEST_TIMES = {
  REQUEST_DEADLINE_MS: '29000',
  DATABASE_QUERY_TIMEOUT_MS: '60000',
  TOME_ATTEMPT_TIMEOUT_MS: '29000',
  PREFETCH_TIME_LIMIT_MS: '870000',
  PREFETCH_LEASE_SECONDS: '600',
} as const;

/** Starts the local stack on a new database and records each log line and metric that it writes. */
export async function startStack(environment: Readonly<Record<string, string>>): Promise<RunningStack> {
  const output: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      output.push(String(chunk));
      return true;
    });
  }
  const db = await createTestDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'stack-test-'));
  Object.assign(process.env, LONGEST_TIMES, {
    POWERTOOLS_LOG_LEVEL: 'DEBUG',
    POWERTOOLS_METRICS_DISABLED: 'false',
    ...environment,
  });
  const stack = await startLocalStack({
    port: 0,
    dataDir,
    databaseUrl: db.url,
    schedules: false,
    tomeLatencyMs: 5,
    concurrencyLimit: { concurrency: 100, maxWaitMs: 240_000 },
  });
  // How many calls arrive within a second depends on the machine, and each 429 adds a retry.
  const switched = await fetch(`${stack.url}/_local/tome/switches`, {
    method: 'PUT',
    body: JSON.stringify({ rateLimitScope: 'off' }),
  });
  if (!switched.ok) throw new Error(`The rate limit of the simulator could not be switched off: ${switched.status}.`);

  const request = async (method: string, path: string, body?: string, headers = {}): Promise<Answer> => {
    const response = await fetch(`${stack.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
  };
  return {
    stack,
    db,
    output,
    post: (path, body, headers) =>
      request('POST', path, typeof body === 'string' ? body : JSON.stringify(body), headers),
    get: (path) => request('GET', path),
    delete: (path) => request('DELETE', path),
    ledger: async () => (await request('GET', '/_local/tome/ledger')).body as never,
    async stop() {
      await stack.close();
      await db.drop();
      rmSync(dataDir, { recursive: true, force: true });
      vi.restoreAllMocks();
    },
  };
}

/** How many calls of one kind a ledger contains. */
export const callsOf = (ledger: LedgerSummary, namespace: string, operation: string, lane = 'live'): number =>
  ledger.calls
    .filter((call) => call.namespace === namespace && call.operation === operation && call.lane === lane)
    .reduce((total, { count }) => total + count, 0);
