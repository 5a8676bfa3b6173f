import { announceReady } from '../announce-ready.ts';
import { useDefaultEnvironment } from '../default-environment.ts';
import { loadFunctions } from '../functions.ts';
import { startGateway } from '../gateway.ts';
import { localProfile } from '../local-profile.ts';

useDefaultEnvironment(localProfile());
// The direct strategy uses no database and no queue. The other functions are loaded too, but never
// called.
process.env['DATABASE_URL'] = 'postgres://unused';
process.env['EVENT_QUEUE_URL'] = 'http://unused';
const { api, vocabulary } = await loadFunctions();
const gateway = await startGateway({ port: 0, functions: api, vocabulary, sideRoute: async () => null });
announceReady(gateway);
