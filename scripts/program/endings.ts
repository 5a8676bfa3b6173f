/** Stops something that the program started. */
export type End = () => Promise<void> | void;

/** The program is shutting down, so the current start-up must stop. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor() {
    super('The program is ending.');
  }
}

const endings: (() => Promise<void>)[] = [];
let isEnding = false;

/**
 * Registers `end` for the shutdown of the program. Returns a function that runs it now; `end` runs
 * once, however often that function is called. Throws Interrupted when the program is already
 * shutting down; the shutdown then also runs `end`.
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

/**
 * Throws Interrupted during a shutdown. Long work calls it when a resource fails, so that a failure
 * caused by the shutdown is not reported.
 */
export function stopIfEnding(): void {
  if (isEnding) throw new Interrupted();
}

/**
 * Runs every registered `end`, the latest first, also those registered meanwhile. A failure does
 * not stop the others.
 */
export async function endEverything(): Promise<void> {
  isEnding = true;
  for (;;) {
    const end = endings.at(-1);
    if (end === undefined) return;
    await end().catch(() => undefined);
  }
}
