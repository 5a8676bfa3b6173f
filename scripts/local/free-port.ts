import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Ports that no system gives to outgoing connections: Linux begins at 32,768, others higher. A port from there could be taken by any connection of
 * any program before the server that it is meant for listens on it.
 */
const LOWEST = 15_000;
const HIGHEST = 32_000;

/** A loopback port that was free a moment ago: the one asked for, or any. Rejects when that one is in use. */
export async function freePort(wanted = 0): Promise<number> {
  if (wanted !== 0) return tried(wanted);
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = await tried(randomInt(LOWEST, HIGHEST)).catch((error: unknown) => {
      if (isInUse(error)) return null;
      throw error;
    });
    if (port !== null) return port;
  }
  return tried(0);
}

/** Rejects when nobody can listen there. */
async function tried(port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port.');
  return address.port;
}

const isInUse = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
