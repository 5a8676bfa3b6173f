/**
 * An array as PostgreSQL writes it, for an array parameter of a function. postgres.js could send
 * arrays itself, but then it asks each new connection for the server's array types. If the
 * connection is reset during that question, the rejection is not handled and the process ends (the
 * process trial found it). So the types are not asked for (`fetch_types`), and arrays are sent as
 * text.
 */
export function arrayLiteral(values: readonly (string | bigint | Date | null)[]): string {
  const elements = values.map((value) => {
    if (value === null) return 'NULL';
    const text = value instanceof Date ? value.toISOString() : String(value);
    return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  });
  return `{${elements.join(',')}}`;
}

/** postgres.js sends a value as bytea only if it is a Buffer. */
export const bytea = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
