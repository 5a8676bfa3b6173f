/** Ends something that was started. */
export type End = () => Promise<void> | void;

/** What was being started when the program began to end: nothing more is to be done with it. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor() {
    super('The program is ending.');
  }
}

const endings: (() => Promise<void>)[] = [];
let isEnding = false;

/**
 * Remembers how to end what was just started, for a program that is interrupted. Returns what ends it now; however often it is called, it
 * ends once. Throws Interrupted when the program is ending already: then it is ended at once, and what would have used it stops there.
 */
export function atEnd(end: End): () => Promise<void> {
  let ended: Promise<void> | null = null;
  const once = (): Promise<void> => {
    const index = endings.indexOf(once);
    if (index !== -1) endings.splice(index, 1);
    ended ??= Promise.resolve().then(end);
    return ended;
  };
  endings.push(once);
  if (!isEnding) return once;
  throw new Interrupted();
}

/** For long work that fails because what it uses was ended: it then says nothing of its failure. Throws Interrupted. */
export function stopIfEnding(): void {
  if (isEnding) throw new Interrupted();
}

/** Ends everything, the latest first; also what is started meanwhile. One that fails does not keep the others. */
export async function endEverything(): Promise<void> {
  isEnding = true;
  for (;;) {
    const end = endings.at(-1);
    if (end === undefined) return;
    await end().catch(() => undefined);
  }
}
