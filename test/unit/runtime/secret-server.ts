import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SecretsManager {
  readonly url: string;
  /** The requests, in order. */
  readonly requests: readonly { readonly headers: Readonly<Record<string, unknown>>; readonly body: string }[];
  /** The answer to the next requests. With the body `null` the connection is closed without one. */
  answer: { readonly status: number; readonly body: string | null };
  close(): Promise<void>;
}

/** A server in place of AWS Secrets Manager that can also send invalid answers. */
export async function startSecretsManager(): Promise<SecretsManager> {
  const requests: { headers: Record<string, unknown>; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      requests.push({ headers: request.headers, body });
      if (manager.answer.body === null) response.destroy();
      else response.writeHead(manager.answer.status).end(manager.answer.body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const manager: SecretsManager = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: { status: 200, body: '{}' },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return manager;
}

/** The answer to GetSecretValue for a secret with this text. */
export const secret = (text: string) => ({ status: 200, body: JSON.stringify({ SecretString: text }) });
