import { composeMigrate } from '../composition/migrate.ts';
import { startUp } from '../composition/start-up.ts';
import { jobHandler } from '../runtime/job-handler.ts';

/** Run by each deployment before it replaces any other function. */
export const handler = jobHandler({ name: 'migrate', ...(await startUp(composeMigrate)) });
