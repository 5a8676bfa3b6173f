import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { steadyArrivals } from '../../scripts/performance/load/arrivals.ts';
import { CardTraffic } from '../../scripts/performance/load/card-traffic.ts';
import { watchLevel } from '../../scripts/performance/load/level-samples.ts';
import { runLoad } from '../../scripts/performance/load/load-run.ts';
import { deployedTarget } from '../../scripts/performance/load/load-target.ts';
import { watchTome } from '../../scripts/performance/load/tome-watch.ts';
import { seededRandom } from '../../scripts/simulator/seeded-random.ts';
import { type RunningStack, startStack } from './running-stack.ts';

let running: RunningStack;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'load-test-'));
  running = await startStack({ POOL_TARGET_MIN: '300', POOL_COVER_MINUTES: '0' });
});

afterAll(async () => {
  await running.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the program and returns its exit code and its output. */
async function load(...args: readonly string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, ['scripts/performance/load/main.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk);
    });
  }
  const code = await new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? -1)));
  return { code, output };
}

test('a short load run counts its requests, one TOME call for each, and the pairs that it used', async () => {
  const target = await deployedTarget(running.stack.url, { sigv4: false });
  if (target.tomeUrl === null) throw new Error('The local stack must report the URL of its simulator.');
  const tome = await watchTome(target.tomeUrl, 'load-suite');
  const traffic = new CardTraffic({
    mix: { create: 50, lookup: 25, detokenize: 25 },
    firstSerial: 1_000,
    runId: 'load-suite',
    idempotencyKeys: true,
    random: seededRandom(1),
  });
  const level = watchLevel(target.sender, 200);
  await vi.waitFor(() => expect(level.samples).toHaveLength(1), { timeout: 120_000, interval: 10 });
  const outcome = await runLoad({ sender: target.sender, traffic, arrivals: steadyArrivals(40, 3) });
  await level.stop();
  const calls = await tome.finish();
  await target.close();

  expect(outcome).toMatchObject({ sent: 120, notSent: 0, wrongTotal: 0 });
  const { create, lookup, detokenize } = outcome.operations;
  expect(create.sent + lookup.sent + detokenize.sent).toBe(120);
  for (const [name, operation] of Object.entries({ create, lookup, detokenize })) {
    expect([name, operation.errors]).toEqual([name, {}]);
    expect(operation.sent).toBeGreaterThan(0);
    expect(operation.latencyMs.count).toBe(operation.sent);
  }
  expect(create.statuses).toEqual({ '201': create.sent });
  expect(calls).toMatchObject({
    live: { create: create.sent, lookup: lookup.sent, detokenize: detokenize.sent },
    liveOfOthers: 0,
    directCreations: 0,
  });
  expect(level.failures).toEqual({});
  expect(level.samples[0]?.available).toBe(300);
  expect(level.samples.at(-1)?.available).toBe(300 - create.sent);
});

test('the load program prints its result and writes it to a file without card numbers', async () => {
  const out = join(folder, 'steady.json');
  const { code, output } = await load('--url', running.stack.url, '--rate', '20', '--seconds', '2', '--out', out);
  expect(output).toContain('no card with two references, no reference of two cards, none lost');
  expect(code).toBe(0);
  const result = JSON.parse(readFileSync(out, 'utf8'));
  expect(result.outcome.sent).toBe(40);
  expect(result.tome.directCreations).toBe(0);
  expect(JSON.stringify(result)).not.toMatch(/\b4000\d{12}\b/);
});

test('the load program gets 100 concurrent creations answered, each with another reference', async () => {
  const out = join(folder, 'at-once.json');
  const { code } = await load('--url', running.stack.url, '--at-once', '100', '--out', out);
  expect(code).toBe(0);
  expect(JSON.parse(readFileSync(out, 'utf8')).outcome.operations.create.statuses).toEqual({ '201': 100 });
});

test('the load program reports a service that returns one reference for two cards, and exits with 1', async () => {
  const server = createServer((_request, response) =>
    response.writeHead(201).end('{"cardReferenceId":"9123456789012345"}'),
  );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const out = join(folder, 'wrong.json');
  const { code, output } = await load('--url', `http://127.0.0.1:${port}`, '--at-once', '10', '--out', out);
  server.closeAllConnections();
  server.close();
  expect(output).toContain('WRONG: two cards, one reference: 9');
  expect(code).toBe(1);
});

test('the load program reports an invalid option in a sentence and exits with 2', async () => {
  expect(await load('--rate', 'fast', '--mix', 'create')).toMatchObject({
    code: 2,
    output: expect.stringContaining('--rate'),
  });
  expect(await load('--profile', 'week')).toMatchObject({
    code: 2,
    output: expect.stringContaining('--profile must be day.'),
  });
  expect(await load('--help')).toMatchObject({ code: 0, output: expect.stringContaining('--at-once') });
});
