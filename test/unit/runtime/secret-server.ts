import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SecretsManager {
  readonly url: string;
  /** What was asked, in order. */
  readonly asked: readonly { readonly headers: Readonly<Record<string, unknown>>; readonly body: string }[];
  /** The next answers: a text is sent as it is, `null` drops the connection. */
  answer: { readonly status: number; readonly body: string | null };
  close(): Promise<void>;
}

/** A server that answers as AWS Secrets Manager does, or as no service should. */
export async function startSecretsManager(): Promise<SecretsManager> {
  const asked: { headers: Record<string, unknown>; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      asked.push({ headers: request.headers, body });
      if (manager.answer.body === null) response.destroy();
      else response.writeHead(manager.answer.status).end(manager.answer.body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const manager: SecretsManager = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
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

/** A secret's text in the answer to GetSecretValue. */
export const secret = (text: string) => ({ status: 200, body: JSON.stringify({ SecretString: text }) });
