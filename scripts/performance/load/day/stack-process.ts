import { announceReady } from '../../../local/announce-ready.ts';
import { startLocalStack } from '../../../local/local-stack.ts';

/**
 * A local stack that starts with as many pairs as DAY_FIRST_PAIRS says and whose jobs run only when they are called: the replay of a day
 * is its clock. Prints its address on one line.
 */
const stack = await startLocalStack({
  port: Number(process.env['PORT'] ?? 0),
  schedules: false,
  firstPrefetchPairs: Number(process.env['DAY_FIRST_PAIRS']),
});
announceReady(stack);
