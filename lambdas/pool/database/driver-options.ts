import postgres from 'postgres';
import type { SignedAddress } from './database-address.ts';

export type Sql = postgres.Sql<{ bigint: bigint }>;

export interface DriverSettings {
  readonly maxConnections: number;
  /**
   * Whether statements are prepared under a name, which saves a round trip. Off behind RDS Proxy,
   * which would pin a server connection to the client for them.
   */
  readonly prepare: boolean;
}

/**
 * A client of postgres.js with the options of all connections. `extra` are options that its types
 * lack.
 */
export function createClient(address: SignedAddress, settings: DriverSettings, extra: object = {}): Sql {
  const options = {
    max: settings.maxConnections,
    prepare: settings.prepare,
    types: { bigint: postgres.BigInt },
    // See `array-parameters.ts`.
    fetch_types: false,
    onnotice: () => undefined,
    // In seconds, for clients without our pool. The pool limits each opening by its own settings.
    connect_timeout: 30,
    // In seconds. At most 0.25, so that service returns within five seconds of the database's
    // return.
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, 0.25),
    connection: { application_name: 'card-tokenization-pool' },
    ...extra,
  };
  if (typeof address === 'string') return postgres(address, options);
  const { tls, ...parts } = address;
  return postgres({ ...options, ...parts, ssl: tls ? 'verify-full' : false });
}
