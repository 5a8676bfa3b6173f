import { useDefaultEnvironment } from '../local/default-environment.ts';
import { loadFunctions } from '../local/functions.ts';
import { startGateway } from '../local/gateway.ts';

useDefaultEnvironment();
// The direct strategy keeps no database; the other functions are loaded with it and never called.
process.env['DATABASE_URL'] = 'postgres://unused';
process.env['EVENT_QUEUE_URL'] = 'http://unused';
const functions = await loadFunctions();
const gateway = await startGateway({ port: 0, functions: functions.api, sideRoute: async () => null });
process.stdout.write(`ready ${gateway.url}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void gateway.close().then(() => process.exit(0));
  });
}
