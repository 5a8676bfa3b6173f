import postgres from 'postgres';
import { StoreUnavailable } from '../tokenization/errors/store-unavailable.ts';

export type Sql = postgres.Sql<{ bigint: bigint }>;

/** What executes statements: a Database, or something that stands before one. */
export type StatementRunner = Pick<Database, 'run'>;

export interface DatabaseSettings {
  /** Connections kept by this process. One in a Lambda, which serves one request at a time. */
  readonly maxConnections: number;
  /** How long one execution may take, connecting and waiting for a connection included. */
  readonly queryTimeoutMs: number;
  /** Executions of one statement: more than one only after the connection was lost. */
  readonly attempts: number;
  /** Named prepared statements save a round trip; RDS Proxy pins the connection for them (brief 5), so they are off behind it. */
  readonly prepare: boolean;
}

/** How to reach the server: a URL, or its parts with a password that is made anew for each connection (IAM sign-in). */
export type DatabaseAddress =
  | string
  | {
      readonly host: string;
      readonly port: number;
      readonly database: string;
      readonly username: string;
      readonly password: () => Promise<string>;
      readonly tls: boolean;
    };

/**
 * The connections of one process. Work given to `run` must be safe to execute again, because when a connection is lost nobody knows
 * whether its last statement was committed (brief 2, rule 4): it is executed again on another connection and the unique
 * indexes decide. A client whose query outlives its deadline is thrown away: postgres.js can leave the first query of a
 * connection pending for ever (brief 5).
 */
export class Database {
  readonly #address: DatabaseAddress;
  readonly #settings: DatabaseSettings;
  #sql: Sql | null = null;

  constructor(address: DatabaseAddress, settings: DatabaseSettings) {
    this.#address = address;
    this.#settings = settings;
  }

  /** Rejects with StoreUnavailable when the database cannot be reached in time; any other error is the statement's own. */
  async run<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      this.#sql ??= connect(this.#address, this.#settings);
      const sql = this.#sql;
      try {
        return await withinTime(work(sql), this.#settings.queryTimeoutMs);
      } catch (error) {
        if (error instanceof QueryTimedOut) {
          this.#discard(sql);
          throw new StoreUnavailable(error);
        }
        const lost = isConnectionLost(error);
        if (!lost && !isRefusedForConcurrency(error)) throw error;
        // Where nobody listens nothing was executed, and asking again at once only keeps the caller waiting.
        if (attempt < this.#settings.attempts && codeOf(error) !== 'ECONNREFUSED') continue;
        throw new StoreUnavailable(error);
      }
    }
  }

  async close(): Promise<void> {
    const sql = this.#sql;
    this.#sql = null;
    await sql?.end({ timeout: 1 });
  }

  /** Queries under way may still finish on the old client; new ones start on a fresh one. */
  #discard(sql: Sql): void {
    if (this.#sql === sql) this.#sql = null;
    // Its queries report their own failures; that it could not say goodbye is none.
    void sql.end({ timeout: 1 }).catch(() => undefined);
  }
}

/** A client for long work outside the request path (migrations, tests); the caller ends it. */
export function connect(address: DatabaseAddress, settings: Pick<DatabaseSettings, 'maxConnections' | 'prepare'>): Sql {
  const options = {
    max: settings.maxConnections,
    prepare: settings.prepare,
    types: { bigint: postgres.BigInt },
    // Not asked for: see `array-parameters.ts`.
    fetch_types: false,
    onnotice: () => undefined,
    connect_timeout: 3,
    // Quick and bounded, so that service returns within five seconds of the database's return (brief 2).
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, 0.25),
    connection: { application_name: 'card-tokenization-pool' },
  };
  if (typeof address === 'string') return postgres(address, options);
  const { tls, ...parts } = address;
  return postgres({ ...options, ...parts, ssl: tls ? 'verify-full' : false });
}

class QueryTimedOut extends Error {
  override readonly name = 'QueryTimedOut';
}

async function withinTime<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  const expired = Promise.withResolvers<never>();
  const timer = setTimeout(() => expired.reject(new QueryTimedOut(`No answer within ${timeoutMs} ms.`)), timeoutMs);
  try {
    return await Promise.race([work, expired.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** postgres.js's and Node's own codes, PostgreSQL's connection exceptions (class 08), shutdowns and "too many connections". */
const isConnectionLost = (error: unknown): boolean =>
  /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|08|57P0|53300)/.test(
    codeOf(error),
  );

/** Serialization failure and deadlock: nothing happened, and the same statement may simply be executed again. */
const isRefusedForConcurrency = (error: unknown): boolean => /^(40001|40P01)$/.test(codeOf(error));
