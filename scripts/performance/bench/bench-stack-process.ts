import { composePrefetch } from '../../../lambdas/composition/prefetch.ts';
import { SHIPPED_PROFILES } from '../../../lambdas/tome/profile/shipped-profiles.ts';
import { announceReady } from '../../local/announce-ready.ts';
import { startLocalStack } from '../../local/local-stack.ts';

/**
 * A local stack with a full pool and without schedules, so that a job runs only when it is
 * measured. The pool is filled with bulk tokenize, which is faster. Afterwards bulk tokenize is
 * switched off, because it is optional in the contract of TOME.
 */
const stack = await startLocalStack({ port: Number(process.env['PORT']), firstPrefetch: false, schedules: false });
await setSwitches({ bulkTokenize: 'present' });
const profile = process.env['TOME_PROFILE'] ?? '';
process.env['TOME_PROFILE'] = JSON.stringify({ ...SHIPPED_PROFILES['simulator'], bulkItems: 500 });
process.env['PREFETCH_BULK_TOKENIZE'] = 'true';
const prefetch = await composePrefetch();
process.env['PREFETCH_BULK_TOKENIZE'] = 'false';
process.env['TOME_PROFILE'] = profile;
const { stoppedBy } = await prefetch.run({ runId: 'bench-fill', deadlineMs: performance.now() + prefetch.timeLimitMs });
await prefetch.close();
if (stoppedBy !== null) throw new Error(`The pool could not be filled: ${stoppedBy}.`);
await setSwitches({ bulkTokenize: 'absent' });
announceReady(stack);

async function setSwitches(switches: object): Promise<void> {
  await fetch(`${stack.url}/_local/tome/switches`, { method: 'PUT', body: JSON.stringify(switches) });
}
