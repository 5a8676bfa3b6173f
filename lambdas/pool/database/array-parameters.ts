/**
 * An array as PostgreSQL writes it, for a parameter that a function takes as an array. postgres.js could send arrays itself, but only
 * after it has asked each new connection for the server's array types; and when a connection is reset during that question nobody
 * handles the failure and the process dies (found by the process trial). So it is not asked (`fetch_types`), and arrays go as text.
 */
export function arrayLiteral(values: readonly (string | bigint | Date | null)[]): string {
  const elements = values.map((value) => {
    if (value === null) return 'NULL';
    const text = value instanceof Date ? value.toISOString() : String(value);
    return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  });
  return `{${elements.join(',')}}`;
}

/** postgres.js sends a Buffer as bytea and nothing else. */
export const bytea = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
