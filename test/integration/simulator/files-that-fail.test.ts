import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startLocalQueue } from '../../../scripts/local/local-queue.ts';
import { DamagedJournal } from '../../../scripts/simulator/journal.ts';
import { LineFile } from '../../../scripts/simulator/line-file.ts';
import { startSimulator } from '../../../scripts/simulator/simulator.ts';
import { systemTime } from '../../../scripts/simulator/simulator-time.ts';

const SWITCHES = { latencyMs: 0, rateLimitScope: 'off' } as const;

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-that-fail-'));
  path = join(folder, 'journal.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Every write to the file fails with ENOSPC until the returned function is called. */
function fillDisk(): () => void {
  renameSync(path, `${path}.aside`);
  symlinkSync('/dev/full', path);
  return () => renameSync(`${path}.aside`, path);
}

async function post(url: string, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body), headers });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

test('an append that fails in the middle of a line removes that part, so the next line is complete', () => {
  // The file size limit stops a write in the middle of a line, as a full disk does.
  const script = `
    import { LineFile } from ${JSON.stringify(resolve('scripts/simulator/line-file.ts'))};
    const file = new LineFile(process.argv[1]);
    file.replace(['first']);
    let refused = 0;
    for (let i = 0; i < 40; i += 1) {
      try { file.append(['x'.repeat(99)]); } catch (error) { if (error.name === 'FileNotWritable') refused += 1; }
    }
    file.append(['last']);
    process.stdout.write(String(refused));
  `;
  const command = 'ulimit -f 1; exec "$0" --input-type=module --eval "$1" "$2"';
  const refused = execFileSync('bash', ['-c', command, process.execPath, script, path], { encoding: 'utf8' });
  expect(Number(refused)).toBeGreaterThan(0);
  const lines = new LineFile(path).read();
  expect(lines?.slice(1, -1)).toEqual(Array.from({ length: 40 - Number(refused) }, () => 'x'.repeat(99)));
  expect(lines?.at(-1)).toBe('last');
});

test.skipIf(!existsSync('/dev/full'))(
  'with a full disk the simulator answers 503 and keeps no effect of the refused calls',
  async () => {
    const output = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const simulator = await startSimulator({ switches: SWITCHES, journal: { path, installation: 'one' } });
    const ns1 = `${simulator.url}/v1/namespaces/ns1`;
    const issued = await post(`${ns1}/prefetch`, { count: 1 });
    const [{ token }] = issued.body['tokens'] as unknown as [{ token: string }];
    const free = fillDisk();
    expect((await post(`${ns1}/prefetch`, { count: 3 })).status).toBe(503);
    expect((await post(`${ns1}/tokenize`, { source: 'a', token })).status).toBe(503);
    expect((await post(`${ns1}/lookup`, { source: 'a' })).status).toBe(404);
    expect(simulator.vaults.ns1.issuedTokens()).toHaveLength(1);
    expect(output.mock.calls.flat().join('')).toMatch(/journal\.jsonl cannot be written \(ENOSPC\)\. The disk is full/);
    expect(output).toHaveBeenCalledTimes(1);
    free();
    expect((await post(`${ns1}/tokenize`, { source: 'a', token })).body).toEqual({ token, isNew: true });
    await simulator.close();
    const after = await startSimulator({ switches: SWITCHES, journal: { path, installation: 'one' } });
    expect(after.vaults.ns1.tokenOf('a')).toBe(token);
    await after.close();
    output.mockRestore();
  },
);

test('the simulator replaces a journal with an incomplete first line', async () => {
  writeFileSync(path, '{"journal":1,"instal');
  const simulator = await startSimulator({ journal: { path, installation: 'one' } });
  await simulator.close();
  expect(readFileSync(path, 'utf8')).toBe('{"journal":1,"installation":"one"}\n');
});

test('the simulator refuses a journal with a damaged line, and names its number and not its content', async () => {
  await (await startSimulator({ journal: { path, installation: 'one' } })).close();
  appendFileSync(path, '{"namespace":"ns1","source":"4111111111111111","tok\n');
  const started = startSimulator({ journal: { path, installation: 'one' } });
  await expect(started).rejects.toBeInstanceOf(DamagedJournal);
  await expect(started).rejects.toThrow(/^Line 2 of the simulator's journal (?!.*4111)/);
});

const batch = (...bodies: object[]) => ({
  QueueUrl: 'q',
  Entries: bodies.map((body, index) => ({ Id: String(index), MessageBody: JSON.stringify(body) })),
});
const SEND = { 'x-amz-target': 'AmazonSQS.SendMessageBatch' };

test('the local queue keeps accepted events over a restart and drops an incomplete last line', async () => {
  const queue = await startLocalQueue({ journalPath: path });
  expect((await post(queue.url, batch({ event: 1 }, { event: 2 }), SEND)).status).toBe(200);
  // The process ends here without closing the queue, as by SIGKILL.
  appendFileSync(path, '{"event":');
  const successor = await startLocalQueue({ journalPath: path });
  expect(successor.events).toEqual([{ event: 1 }, { event: 2 }]);
  await post(successor.url, batch({ event: 3 }), SEND);
  expect(readFileSync(path, 'utf8')).toBe('{"event":1}\n{"event":2}\n{"event":3}\n');
  await Promise.all([queue.close(), successor.close()]);
});

test.skipIf(!existsSync('/dev/full'))(
  'the local queue answers 503 to an event that it cannot write to its file',
  async () => {
    const queue = await startLocalQueue({ journalPath: path });
    const free = fillDisk();
    expect((await post(queue.url, batch({ event: 1 }), SEND)).status).toBe(503);
    expect(queue.events).toEqual([]);
    free();
    expect((await post(queue.url, batch({ event: 1 }), SEND)).status).toBe(200);
    await queue.close();
  },
);

test("the simulator's rate limit recovers although the wall clock was set back", async () => {
  let dateMs = Date.now();
  let monotonicMs = 0;
  const time = { ...systemTime, dateMs: () => dateMs, monotonicMs: () => monotonicMs };
  const simulator = await startSimulator({ time, switches: { latencyMs: 0, rateLimitPerSecond: 10 } });
  const lookup = async () => (await post(`${simulator.url}/v1/namespaces/ns1/lookup`, { source: 'a' })).status;
  expect([await lookup(), await lookup()]).toEqual([404, 429]);
  dateMs -= 5 * 3_600_000;
  monotonicMs += 1_000;
  expect(await lookup()).toBe(404);
  await simulator.close();
});
