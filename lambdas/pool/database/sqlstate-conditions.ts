import postgres from 'postgres';

/**
 * What is done about an error of a statement.
 *
 * - `retry`: where the statement is executed again: on a connection that was just opened, or on the
 *   same one. Every statement of the product is safe to execute again (its SQL file says why), so a
 *   retry needs no proof that the first execution had no effect. `no` if a second execution within
 *   the request would end the same way.
 * - `discard`: whether the session or the connection must not be used for another statement.
 * - `answer`: 503 is StoreUnavailable, with Retry-After; TOME then answers reads. 500 is a bug: it
 *   alarms, and rolls a release back.
 */
export interface Condition {
  readonly codes: readonly string[];
  readonly meaning: string;
  readonly retry: 'new connection' | 'same connection' | 'no';
  readonly discard: boolean;
  readonly answer: 503 | 500;
}

const unavailable = (
  codes: readonly string[],
  meaning: string,
  retry: Condition['retry'],
  connection: 'keep' | 'discard',
): Condition => ({ codes, meaning, retry, discard: connection === 'discard', answer: 503 });

/**
 * Conditions by SQLSTATE, or by the codes of Node.js and of postgres.js. A code that ends in `*` is
 * a prefix. An exact code has precedence over a prefix, and a longer prefix over a shorter one.
 * docs/database-conditions.md has the same table.
 */
export const CONDITIONS: readonly Condition[] = [
  unavailable(['08*'], 'connection exception', 'new connection', 'discard'),
  {
    ...unavailable(
      ['0A000'],
      'a plan made before a migration; when it comes again, a bug',
      'new connection',
      'discard',
    ),
    answer: 500,
  },
  unavailable(['25006'], 'read-only session: the writer was demoted by a failover', 'new connection', 'discard'),
  unavailable(['25P02', '25P03'], 'a transaction that this session should not have', 'new connection', 'discard'),
  unavailable(['25P04'], 'transaction_timeout ended the session', 'no', 'discard'),
  unavailable(['26000', '42P05'], "a pooler mixed up prepared statements' names", 'new connection', 'discard'),
  unavailable(['28*'], 'sign-in refused: password rotated, role locked', 'no', 'discard'),
  unavailable(['3D000'], 'the database is not there (renamed, being restored)', 'no', 'discard'),
  unavailable(['40*'], 'serialization failure, deadlock: nothing happened', 'same connection', 'keep'),
  unavailable(['40003'], 'statement completion unknown', 'new connection', 'discard'),
  unavailable(['53*'], 'disk full, out of memory, a configured limit', 'no', 'keep'),
  unavailable(['53300'], 'too many connections', 'no', 'discard'),
  unavailable(['55006', '55P03'], 'object in use, lock not available within lock_timeout', 'no', 'keep'),
  unavailable(['57*'], 'operator intervention', 'no', 'discard'),
  unavailable(['57014'], 'cancelled: statement_timeout, or an administrator', 'no', 'keep'),
  unavailable(
    ['57P01', '57P02', '57P05'],
    'the server ended this session: shutdown, crash',
    'new connection',
    'discard',
  ),
  unavailable(['57P03'], 'starting up, shutting down or in recovery', 'no', 'discard'),
  unavailable(['58*'], 'system error: I/O, files', 'no', 'discard'),
  unavailable(['72000'], 'snapshot too old', 'same connection', 'keep'),
  unavailable(['F0*'], "the server's configuration file is in error", 'no', 'discard'),
  unavailable(['XX*'], 'damaged table or index', 'no', 'discard'),
  unavailable(['XX000'], 'internal error of the server or of a proxy', 'new connection', 'discard'),
  unavailable(
    ['ECONNRESET', 'ECONNABORTED', 'ENOTCONN', 'EPIPE', 'ETIMEDOUT'],
    'the connection was lost',
    'new connection',
    'discard',
  ),
  unavailable(['ECONNREFUSED', 'EHOST*', 'ENET*', 'EADDR*'], 'no process listens, no route to it', 'no', 'discard'),
  unavailable(['EAI_AGAIN'], 'the name server did not answer', 'new connection', 'discard'),
  unavailable(['EAI_*', 'ENOTFOUND'], 'the name is not known', 'no', 'discard'),
  unavailable(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'], 'this process has no room for a connection', 'no', 'discard'),
  unavailable(
    ['ERR_TLS_*', 'ERR_SSL_*', 'ERR_OSSL_*', 'EPROTO', 'CERT_*', 'CRL_*', 'SELF_SIGNED_*', 'DEPTH_*', 'UNABLE_TO_*'],
    "TLS: the server's certificate or the handshake was refused",
    'no',
    'discard',
  ),
  unavailable(
    ['CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'CONNECTION_ENDED', 'CONNECT_TIMEOUT'],
    'the driver lost the connection',
    'new connection',
    'discard',
  ),
  unavailable(
    ['SASL_*', 'AUTH_TYPE_*', 'MESSAGE_NOT_SUPPORTED'],
    'the driver and the server do not understand each other',
    'no',
    'discard',
  ),
];

/** Every other code: a wrong statement or wrong data, so a bug of this project. */
export const BUG: Condition = {
  codes: [],
  meaning: 'every other code',
  retry: 'no',
  discard: false,
  answer: 500,
};

/**
 * An error without a code is a failure of the driver itself, as a TypeError in its parser. The
 * state of its session is unknown.
 */
const DRIVER_FAULT: Condition = { ...BUG, discard: true };

const EXACT = new Map<string, Condition>();
const PREFIXES: { readonly prefix: string; readonly condition: Condition }[] = [];
for (const condition of CONDITIONS) {
  for (const code of condition.codes) {
    if (code.endsWith('*')) PREFIXES.push({ prefix: code.slice(0, -1), condition });
    else EXACT.set(code, condition);
  }
}
PREFIXES.sort((a, b) => b.prefix.length - a.prefix.length);

export function conditionOfCode(code: string): Condition | undefined {
  return EXACT.get(code) ?? PREFIXES.find(({ prefix }) => code.startsWith(prefix))?.condition;
}

/** The condition that an error of a statement belongs to. */
export function conditionOf(error: unknown): Condition {
  const code = codeOf(error);
  const condition = code === null ? undefined : conditionOfCode(code);
  if (condition !== undefined) return condition;
  return error instanceof postgres.PostgresError ? BUG : DRIVER_FAULT;
}

/**
 * If all addresses of a name failed, the error is an AggregateError with the code of the first one.
 */
export const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;

/** Whether the server refused the sign-in. Then a password in memory may be out of date. */
export const isSignInRefused = (error: unknown): boolean => codeOf(error)?.startsWith('28') === true;
