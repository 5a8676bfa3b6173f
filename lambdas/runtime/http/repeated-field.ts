const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * Returns the first field name that one object in this JSON text contains twice, also when it is
 * escaped differently, or `null`. JSON.parse keeps the last of both without an error, and a gateway
 * or firewall that reads the first one would check another card number than the one that is used.
 * The text must be valid JSON.
 */
export function findRepeatedField(text: string): string | null {
  /** The field names of each open object; `null` for an open array. */
  const open: (Set<string> | null)[] = [];
  let isNameNext = false;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : null);
    else if (token === '}' || token === ']') open.pop();
    else if (isNameNext && token.startsWith('"')) {
      const name: unknown = JSON.parse(token);
      const names = open.at(-1);
      if (typeof name === 'string' && names?.has(name) === true) return name;
      if (typeof name === 'string') names?.add(name);
    }
    isNameNext = token === '{' || (token === ',' && open.at(-1) instanceof Set);
  }
  return null;
}
