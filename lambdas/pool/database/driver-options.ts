import postgres from 'postgres';
import type { SignedAddress } from './database-address.ts';

export type Sql = postgres.Sql<{ bigint: bigint }>;

export interface DriverSettings {
  readonly maxConnections: number;
  /**
   * Named prepared statements save a round trip. RDS Proxy pins a server connection to the client for them, so they are off
   * behind it.
   */
  readonly prepare: boolean;
}

/** postgres.js with the options that all of the product's connections share; `extra` are options that its types lack. */
export function createClient(address: SignedAddress, settings: DriverSettings, extra: object = {}): Sql {
  const options = {
    max: settings.maxConnections,
    prepare: settings.prepare,
    types: { bigint: postgres.BigInt },
    // Not asked for: see `array-parameters.ts`.
    fetch_types: false,
    onnotice: () => undefined,
    // In seconds. Generous, for clients without a pool; a pool bounds each opening by its own settings.
    connect_timeout: 30,
    // Quick and bounded, so that service returns within five seconds of the database's return.
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, 0.25),
    connection: { application_name: 'card-tokenization-pool' },
    ...extra,
  };
  if (typeof address === 'string') return postgres(address, options);
  const { tls, ...parts } = address;
  return postgres({ ...options, ...parts, ssl: tls ? 'verify-full' : false });
}
