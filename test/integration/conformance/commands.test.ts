import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WrittenProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { type Simulator, startSimulator } from '../../../scripts/simulator/simulator.ts';
import { type EndedProgram, runProgram } from '../../support/ended-program.ts';
import { profileNamed } from '../../support/tome-profiles.ts';

let simulator: Simulator;
let folder: string;

beforeAll(async () => {
  simulator = await startSimulator({ seed: 4, switches: { latencyMs: 0, rateLimitScope: 'off' } });
  folder = mkdtempSync(join(tmpdir(), 'conformance-'));
});

afterAll(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a program. The simulator of this process answers it meanwhile. */
const run = (script: string, args: readonly string[], variables = {}, text = ''): Promise<EndedProgram> =>
  runProgram(script, args, { variables: { VITEST: '', ...variables }, text });

// An answer may take long on a busy machine.
const PATIENT = { TOME_ATTEMPT_TIMEOUT_MS: '29000' };
const conformance = (args: readonly string[], variables = {}, input = '') =>
  run('scripts/cli/conformance/main.ts', args, { ...PATIENT, ...variables }, input);
const probe = (args: readonly string[], variables = {}, input = '') =>
  run('scripts/cli/probe/main.ts', args, variables, input);

test('the probe writes a profile once, and the suite passes with it when the open lines are answered', async () => {
  const file = join(folder, 'profile.json');
  const first = await probe(['--url', simulator.url, '--serial', '100', '--write', file]);
  expect(first).toMatchObject({ code: 0, err: '' });
  expect(first.out).toContain('limits.callsPerSecond');
  const written = readFileSync(file, 'utf8');
  const again = await probe(['--url', simulator.url, '--write', file]);
  expect(again.code).toBe(2);
  expect(again.err).toContain('exists already');
  expect(readFileSync(file, 'utf8')).toBe(written);

  const open = await conformance(['--profile', file, '--url', simulator.url]);
  expect(open.code).toBe(2);
  expect(open.err).toContain('limits.scope is marked as unknown');
  const answered: WrittenProfile = { ...JSON.parse(written), unknown: [] };
  const passed = await conformance(['--profile', JSON.stringify(answered), '--url', simulator.url]);
  expect(passed.out).toContain('0 failed');
  expect(passed.code).toBe(0);
});

test('the suite says before it starts what it costs, and prints the result as JSON on standard output', async () => {
  const { code, out, err } = await conformance(['--profile', 'simulator', '--url', simulator.url, '--json']);
  expect(code).toBe(0);
  expect(err).toMatch(/^Profile simulator, 127\.0\.0\.1: at most \d+ calls, about 40 tokens of each namespace/);
  const result = JSON.parse(out);
  expect(result).toMatchObject({ profile: 'simulator', hosts: ['127.0.0.1'], isIncomplete: false });
  expect(result.calls).toBeLessThanOrEqual(Number(/at most (\d+) calls/.exec(err)?.[1]));
  expect(result.results.map(({ result: verdict }: { result: string }) => verdict)).not.toContain('failed');
});

test('the suite lists its rules without a TOME', async () => {
  const { code, out } = await conformance(['--list']);
  expect(code).toBe(0);
  expect(out).toContain('ns1.bound-once: A binding is never changed');
});

test('the suite stops after the allowed calls, and exits with 3', async () => {
  const before = simulator.ledger.calls().length;
  const { code, out } = await conformance(['--profile', 'simulator', '--url', simulator.url, '--most-calls', '30']);
  expect(code).toBe(3);
  expect(out).toContain('all 30 calls are spent');
  expect(simulator.ledger.calls().length - before).toBeLessThanOrEqual(30);
});

test('a rule that failed is reported with what must change, and the suite exits with 1', async () => {
  simulator.turn({ alreadyBound: 'conflict' });
  const { code, out } = await conformance(['--profile', 'simulator', '--url', simulator.url]);
  simulator.turn({ alreadyBound: 'echo' });
  expect(code).toBe(1);
  expect(out).toMatch(/FAILED {4}ns1\.already-bound: .*\n +the answer is conflict\n +Set alreadyBound/);
});

test('the probe and the suite read the credential from standard input, and never show it', async () => {
  const credential = 'the-key-of-uat';
  const uat = await startSimulator({
    seed: 4,
    profile: profileNamed('uat'),
    switches: { latencyMs: 0, rateLimitScope: 'off', references: 'first-digit' },
    credential,
  });
  const of = ['--profile', 'uat', '--url', uat.url];
  const probed = await probe(of, {}, `${credential}\n`);
  const suite = await conformance(of, {}, `${credential}\n`);
  const without = await conformance(of, {}, 'another\n');
  await uat.close();
  expect(probed.code).toBe(0);
  expect(probed.out).toContain('is a credential required: yes: header; 401 without one');
  expect({ code: suite.code, failed: /FAILED.*/.exec(suite.out) }).toEqual({ code: 0, failed: null });
  expect(without.code).toBe(1);
  expect(without.out).toMatch(/FAILED {4}credential-accepted/);
  expect([probed, suite, without].filter(({ out, err }) => `${out}${err}`.includes(credential))).toEqual([]);
});

test('the output contains neither a card number nor a token', async () => {
  const serial = 4_000;
  const { out, err } = await conformance(['--profile', 'simulator', '--url', simulator.url, '--serial', `${serial}`]);
  const cards = Array.from({ length: 50 }, (_, index) => madeUpCard(serial + index));
  const tokens = (['ns1', 'ns2'] as const).flatMap((namespace) => simulator.vaults[namespace].issuedTokens());
  expect(cards.filter((card) => simulator.vaults.ns1.tokenOf(card) !== undefined).length).toBeGreaterThan(3);
  const secrets = [...cards, ...tokens.map(({ token }) => token)];
  expect(secrets.filter((secret) => out.includes(secret) || err.includes(secret))).toEqual([]);
});
