import { afterAll, beforeAll, expect, test } from 'vitest';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { type EndedProgram, runProgram } from '../../support/ended-program.ts';
import { type RunningStack, startStack } from '../running-stack.ts';

let running: RunningStack;

beforeAll(async () => {
  running = await startStack({ POOL_TARGET_MIN: '50', POOL_COVER_MINUTES: '0' });
});

afterAll(() => running.stop());

/** Runs the program with this standard input. */
const cli = (args: readonly string[], text = ''): Promise<EndedProgram> =>
  runProgram('scripts/cli/main.ts', [...args, '--url', running.stack.url], { text });

test('npm run cli tokenizes a card twice, looks it up, and detokenizes it masked and with --reveal in full', async () => {
  const card = madeUpCard(77);
  const first = await cli(['tokenize'], `${card}\n`);
  expect(first).toMatchObject({ code: 0, err: '' });
  const reference = first.out.trim();
  expect(reference).toMatch(/^\d{16}$/);
  expect((await cli(['tokenize'], card)).out).toBe(`${reference} (it had this one already)\n`);
  expect((await cli(['lookup'], card)).out).toBe(`${reference}\n`);
  expect((await cli(['detokenize', reference])).out).toBe(`${card.slice(0, 6)}******${card.slice(-4)}\n`);
  expect((await cli(['detokenize', '--reveal'], reference)).out).toBe(`${card}\n`);
});

test('npm run cli shows the pool and refills it', async () => {
  await cli(['tokenize'], madeUpCard(78));
  expect((await cli(['pool'])).out).toMatch(/^available +\d+$/m);
  expect((await cli(['refill'])).out).toMatch(/^\d+ pairs were added: full\.\n$/);
  expect((await cli(['pool'])).out).toMatch(/^available +50$/m);
});

test('npm run cli prints the code and correlation id of a refusal, not the card number, and exits with 1', async () => {
  const wrong = `${madeUpCard(79).slice(0, 15)}x`;
  const { code, out, err } = await cli(['lookup'], wrong);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^400; invalid-input; .*; [0-9a-f-]{36}\n$/);
  expect(err).not.toContain(wrong);
  expect((await cli(['lookup'], madeUpCard(80))).err).toContain('404; card-not-found');
});
