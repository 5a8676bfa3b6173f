const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * The first field that an object in this JSON text names twice, however its name is escaped; `null` when there is none. JSON.parse
 * keeps the last of two and says nothing, so a gateway or a firewall that reads the first would look at another card number than
 * the one that is used. Expects text that JSON.parse accepts.
 */
export function findRepeatedField(text: string): string | null {
  /** The names so far of each object that is open; `null` for an array. */
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
