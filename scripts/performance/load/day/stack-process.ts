import { announceReady } from '../../../local/announce-ready.ts';
import { startLocalStack } from '../../../local/local-stack.ts';

/**
 * A local stack that starts with DAY_FIRST_PAIRS pairs and has no schedules: the replay starts the
 * jobs.
 */
const stack = await startLocalStack({
  port: Number(process.env['PORT'] ?? 0),
  schedules: false,
  firstPrefetchPairs: Number(process.env['DAY_FIRST_PAIRS']),
});
announceReady(stack);
