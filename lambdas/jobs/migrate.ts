import { composeMigrate } from '../composition/migrate.ts';
import { jobHandler } from '../runtime/job-handler.ts';
import { startUp } from '../runtime/start-up.ts';

/** Run by each deployment before it replaces any other function. */
export const handler = jobHandler({ name: 'migrate', ...(await startUp(composeMigrate)) });
