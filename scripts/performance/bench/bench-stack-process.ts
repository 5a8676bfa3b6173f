import { composePrefetch } from '../../../lambdas/composition/prefetch.ts';
import { announceReady } from '../../local/announce-ready.ts';
import { startLocalStack } from '../../local/local-stack.ts';

/**
 * The local stack with a full pool and no schedules, so that a job runs when it is measured and at no other time. The pool is filled by bulk mapping,
 * which is quick; afterwards TOME has none, as its owners' has not.
 */
const stack = await startLocalStack({ port: Number(process.env['PORT']), firstPrefetch: false, schedules: false });
await turn({ bulkTokenize: 'present' });
process.env['PREFETCH_BULK_TOKENIZE'] = 'true';
const prefetch = await composePrefetch();
process.env['PREFETCH_BULK_TOKENIZE'] = 'false';
const { stoppedBy } = await prefetch.run({ runId: 'bench-fill', deadlineMs: performance.now() + prefetch.timeLimitMs });
await prefetch.close();
if (stoppedBy !== null) throw new Error(`The pool could not be filled: ${stoppedBy}.`);
await turn({ bulkTokenize: 'absent' });
announceReady(stack);

async function turn(switches: object): Promise<void> {
  await fetch(`${stack.url}/_local/tome/switches`, { method: 'PUT', body: JSON.stringify(switches) });
}
