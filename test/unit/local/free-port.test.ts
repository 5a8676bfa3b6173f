import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort } from '../../../scripts/local/free-port.ts';

test('a port of its own is none that the system gives to outgoing connections', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
  expect(ports.filter((port) => port < 1_024 || port >= 32_768)).toEqual([]);
});

test('the port that is asked for is given, unless somebody listens on it', async () => {
  const port = await freePort();
  expect(await freePort(port)).toBe(port);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  await expect(freePort(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  server.close();
});
