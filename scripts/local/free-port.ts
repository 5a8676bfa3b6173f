import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Outgoing connections get no port in this range: Linux assigns ports from 32,768, other systems
 * from higher numbers. Otherwise a connection of any program could take the port before the server
 * listens on it.
 */
const LOWEST = 15_000;
const HIGHEST = 32_000;

/** Returns a free loopback port: `wanted`, or any if it is 0. Rejects when `wanted` is in use. */
export async function freePort(wanted = 0): Promise<number> {
  if (wanted !== 0) return checkedPort(wanted);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = await checkedPort(randomInt(LOWEST, HIGHEST)).catch((error: unknown) => {
      if (isInUse(error)) return null;
      throw error;
    });
    if (port !== null) return port;
  }
  return checkedPort(0);
}

/** Rejects when no server can listen on this port. */
async function checkedPort(port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  if (address === null || typeof address === 'string') throw new Error('The TCP server has no port.');
  return address.port;
}

const isInUse = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
