import { composeRestoreFence } from '../composition/fence-restored.ts';
import { jobHandler } from '../runtime/job-handler.ts';
import { startUp } from '../runtime/start-up.ts';

/** Rule 9: once after a restore from backup, before anything else writes. Nothing pooled before is ever offered again. */
export const handler = jobHandler({ name: 'fence-restored', ...(await startUp(composeRestoreFence)) });
