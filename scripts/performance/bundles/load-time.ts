import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Imports a module in a new process and prints the milliseconds. */
const IMPORT = `
  const started = performance.now();
  await import(process.argv[1]);
  process.stdout.write(String(performance.now() - started));
  process.exit(0);
`;

/**
 * Loads modules as a cold start does. A function reads its settings and secrets while it loads, so
 * a local server answers for Secrets Manager without delay.
 */
export async function startLoading(): Promise<{ load(file: string): Promise<number>; stop(): void }> {
  const answer = JSON.stringify({ SecretString: JSON.stringify({ username: 'card_api', password: 'x'.repeat(32) }) });
  const server = createServer((_request, response) => response.end(answer));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const environment = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
    DATABASE_HOST: '127.0.0.1',
    DATABASE_USER: 'card_api',
    TOME_URL: 'http://127.0.0.1:9',
    EVENT_QUEUE_URL: 'http://127.0.0.1:9/queue',
    IDEMPOTENCY_HMAC_SECRET_ID: 'idempotency',
    GAUGES_TO: 'cloudwatch',
  };
  return {
    /** Returns the milliseconds of one load in a new process. */
    async load(file) {
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', IMPORT, file], {
        env: environment,
      });
      return Number(stdout);
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
