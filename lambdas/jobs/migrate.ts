import { composeMigration } from '../composition/migrate.ts';
import { jobHandler } from '../runtime/job-handler.ts';
import { startUp } from '../runtime/start-up.ts';

/** D2: brings the schema up to date, as a step of the deployment. */
export const handler = jobHandler({ name: 'migrate', ...(await startUp(composeMigration)) });
