import { expect, test } from 'vitest';
import { VOCABULARIES } from '../../../lambdas/vocabulary.ts';
import { detokenize, lookup, tokenize } from '../../../scripts/cli/commands.ts';
import type { ApiRequest, Sender } from '../../../scripts/performance/load/sender.ts';

const { card, account } = VOCABULARIES;

/** A sender that answers each request with this body, and keeps what was sent. */
function answering(body: Readonly<Record<string, string>>) {
  const sent: Pick<ApiRequest, 'path' | 'body'>[] = [];
  const sender: Sender = {
    async send({ path, body: asked }) {
      sent.push({ path, ...(asked === undefined ? {} : { body: asked }) });
      return { status: 200, body, error: null };
    },
    close: () => undefined,
  };
  return { sender, sent };
}

test('the commands send and read the fields of the domain that --domain names', async () => {
  const cards = answering({ cardReferenceId: '9000000000000009' });
  await tokenize(cards.sender, '4111111111111111', card);
  await lookup(cards.sender, '4111111111111111', card);
  expect(cards.sent).toEqual([
    { path: '/v1/cards', body: { cardNumber: '4111111111111111' } },
    { path: '/v1/cards/lookup', body: { cardNumber: '4111111111111111' } },
  ]);
  const accounts = answering({ accountReferenceId: '9000000000000009' });
  expect(await tokenize(accounts.sender, '0012345678', account)).toContain('9000000000000009');
  expect(await lookup(accounts.sender, '0012345678', account)).toBe('9000000000000009');
  expect(accounts.sent).toEqual([
    { path: '/v1/accounts', body: { accountNumber: '0012345678' } },
    { path: '/v1/accounts/lookup', body: { accountNumber: '0012345678' } },
  ]);
});

test('of an account number only the last four digits are shown, and of a card number also the first six', async () => {
  const shown = (number: string) =>
    detokenize(answering({ accountNumber: number }).sender, '9000000000000009', false, account);
  expect(await shown('12345678')).toBe('****5678');
  expect(await shown('0012345678')).toBe('******5678');
  expect(await shown('1234567890123456789')).toBe('***************6789');
  const ofCard = answering({ cardNumber: '4111111111111111' });
  expect(await detokenize(ofCard.sender, '9000000000000009', false, card)).toBe('411111******1111');
  expect(await detokenize(ofCard.sender, '9000000000000009', true, card)).toBe('4111111111111111');
});
