import { createServer } from 'node:net';

/** A loopback port that was free a moment ago: the one asked for, or any. Rejects when that one is in use. */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(wanted, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port.');
  return address.port;
}
