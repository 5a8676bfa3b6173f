import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort } from '../../../scripts/local/free-port.ts';

test('a free port is outside the range that the system assigns to outgoing connections', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
  expect(ports.filter((port) => port < 1_024 || port >= 32_768)).toEqual([]);
});

test('the wanted port is returned, and refused while a server listens on it', async () => {
  const port = await freePort();
  expect(await freePort(port)).toBe(port);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  await expect(freePort(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  server.close();
});
