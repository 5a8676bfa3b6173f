import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { freshId } from '../../../lambdas/runtime/fresh-id.ts';
import { correlationIdFrom } from '../../../lambdas/runtime/http/correlation-id.ts';
import { holdsCardNumber, redactCardNumbers } from '../../../lambdas/runtime/logging/redact-card-numbers.ts';
import { CARD_NETWORK_RANGES } from '../../../lambdas/tokenization/model/card-networks.ts';
import { findFormatFault, REFERENCE_FORMATS } from '../../../lambdas/tokenization/model/reference-format.ts';
import { anyCardNumber, digits } from '../tokenization/generated-card-numbers.ts';

const RUNS = { seed: 20_261_127, numRuns: 3_000 };

/** Texts around a number: without digits, and without separators that would join digit groups. */
const words = fc.constantFrom('', 'card ', 'pan=', '{"message":"', ' was refused', '"}', '/cards/', 'x', '\n', 'кафе ');
const tight = fc.constantFrom(
  ' ',
  '-',
  '.',
  '/',
  '_',
  ' - ',
  '%20',
  '+',
  '\u00a0',
  '%2D',
  '\\u0020',
  ':',
  ', ',
  '&#32;',
);
const loose = fc.constantFrom('a', 'x', 'ff', 'abc', '<br>', ' and ', '_a_', '&nbsp;', ' -- - ', 'é');

/** Cuts a number into groups of these sizes. The last group has the remaining digits. */
const cut = (number: string, sizes: readonly number[]): readonly string[] => {
  const groups: string[] = [];
  let at = 0;
  for (const size of sizes) {
    if (at + size >= number.length) break;
    groups.push(number.slice(at, at + size));
    at += size;
  }
  return [...groups, number.slice(at)];
};
const asOnCards = fc.constantFrom([4, 4, 4, 4], [4, 6], [6], [8], [4, 4, 4], [8, 4, 4], [4, 5]);
const anyCut = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 18 });

/**
 * Whether one of the groups alone is a reference, or a time that does not follow the six or eight
 * digits of an issuer. Redaction leaves such a group unchanged.
 */
const hasKnownGroup = (groups: readonly string[]): boolean =>
  groups.some(
    (group, index) =>
      index > 0 &&
      (findFormatFault(group, 'any') === null ||
        (/^1(\d{9}|\d{12}|\d{15})$/.test(group) && !/^(\d{6}|\d{8})$/.test(groups[index - 1] ?? ''))),
  );

const digitsOf = (text: string): string => text.replaceAll(/\D/g, '');

describe('a card number of any network', () => {
  test('with no separators is redacted', () => {
    fc.assert(
      fc.property(words, anyCardNumber(), words, (before, number, after) => {
        expect(redactCardNumbers(`${before}${number}${after}`)).toBe(`${before}[card number]${after}`);
      }),
      RUNS,
    );
  });

  test('in groups of any size with no letter between them is redacted', () => {
    fc.assert(
      fc.property(
        words,
        anyCardNumber(),
        fc.oneof(asOnCards, anyCut),
        tight,
        words,
        (before, number, sizes, gap, after) => {
          fc.pre(!hasKnownGroup(cut(number, sizes)));
          const redacted = redactCardNumbers(`${before}${cut(number, sizes).join(gap)}${after}`);
          expect(redacted).toBe(`${before}[card number]${after}`);
        },
      ),
      RUNS,
    );
  });

  test('with letters between groups of four digits or more is redacted', () => {
    fc.assert(
      fc.property(words, anyCardNumber(), asOnCards, loose, words, (before, number, sizes, gap, after) => {
        fc.pre((cut(number, sizes).at(-1)?.length ?? 0) >= 3 && !hasKnownGroup(cut(number, sizes)));
        // A hexadecimal text of the length of a trace id or a hash is treated as one.
        fc.pre(![24, 32, 40, 64].includes(cut(number, sizes).join(gap).length));
        const redacted = redactCardNumbers(`${before}${cut(number, sizes).join(gap)}${after}`);
        expect(redacted).toBe(`${before}[card number]${after}`);
      }),
      RUNS,
    );
  });

  test('in the form of a UUID, with zeros before or after it, is redacted', () => {
    fc.assert(
      fc.property(anyCardNumber(), fc.nat({ max: 19 }), words, (number, zeros, before) => {
        const filled = '0'
          .repeat(Math.min(zeros, 32 - number.length))
          .concat(number)
          .padEnd(32, '0');
        const uuid = filled.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
        fc.pre(!/\w$/.test(before));
        expect(redactCardNumbers(`${before}${uuid}`)).not.toContain(uuid);
        expect(digitsOf(redactCardNumbers(uuid)).replaceAll('0', '')).toBe('');
      }),
      RUNS,
    );
  });

  test('directly before a security code or an expiry date, or after zeros, is redacted', () => {
    fc.assert(
      fc.property(anyCardNumber(), fc.integer({ min: 3, max: 8 }).chain(digits), (number, behind) => {
        fc.pre(/^[3-6]/.test(number));
        expect(digitsOf(redactCardNumbers(`${number}${behind}`))).toBe('');
        expect(digitsOf(redactCardNumbers(number.padStart(24, '0')))).toBe('');
      }),
      RUNS,
    );
  });

  test('twice in one text is redacted twice', () => {
    fc.assert(
      fc.property(anyCardNumber(), anyCardNumber(), (first, second) => {
        expect(redactCardNumbers(`${first} was exchanged for ${second}`)).toBe(
          '[card number] was exchanged for [card number]',
        );
      }),
      RUNS,
    );
  });

  test.each([
    '4111-1111-1111-1111',
    'card:378282246310005',
    '41111111-1111-1111-0000-000000000000',
    '4111a1111b1111c1111',
    '４１１１１１１１１１１１１１１１',
    '٤١١١١١١١١١١١١١١١',
    '%34%31%31%31%31%31%31%31%31%31%31%31%31%31%31%31',
    'https://example.com/?pan=4111%201111%201111%201111&x=1',
    'arn:aws:sts::555555555555:assumed-role/issuing/4111111111111111',
    '4111 1111 1111 1111123',
  ])('in the form %j is redacted', (text) => {
    const redacted = redactCardNumbers(text);
    expect(redacted).toContain('[card number]');
    expect(redacted.replaceAll('555555555555', '')).not.toMatch(/1{4}|\d{13}|١/);
  });
});

/** References of all versions of the format, with a wrong check digit (policy `must-fail`). */
const references = fc
  .tuple(fc.constantFrom(...REFERENCE_FORMATS), digits(16))
  .filter(([format, text]) => findFormatFault(text, 'must-fail', format) === null)
  .map(([, text]) => text);
const anyPolicyReferences = digits(16).filter((text) => findFormatFault(text, 'any') === null);

const times = fc
  .date({ min: new Date('2001-09-10'), max: new Date('2033-01-01'), noInvalidDate: true })
  .chain((date) => {
    const ms = date.getTime();
    const iso = date.toISOString();
    return fc.constantFrom(
      iso,
      iso.replace('T', ' ').replace('Z', '456+00'),
      iso.replace('Z', '+05:30'),
      iso.replace('Z', '123456Z'),
      iso.slice(0, 10),
      iso.replaceAll(/[-:.TZ]/g, ''),
      date.toUTCString(),
      `${iso.slice(8, 10)}/${iso.slice(5, 7)}/${iso.slice(0, 4)} ${iso.slice(11, 23)}`,
      String(ms),
      String(Math.floor(ms / 1_000)),
      (ms / 1_000).toFixed(6),
      `${ms}-42`,
      `req-${ms}-12345`,
      `${ms} to ${ms + 123_456}`,
    );
  });

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const ulids = fc
  .array(fc.constantFrom(...CROCKFORD.split('')), { minLength: 16, maxLength: 16 })
  .map((letters) => `01JDM8K4Z5${letters.join('')}`);

describe('a text without a card number', () => {
  test.each([
    ['a reference of any version of the format', references],
    ['a reference of the current version under any policy', anyPolicyReferences],
    ['a time', times],
    ['a random UUID', fc.uuid({ version: 4 })],
    ['a ULID', ulids],
    ['a count or a duration', fc.nat({ max: 2_000_000_000 }).map(String)],
  ])('that contains %s is not changed', (_what, values: fc.Arbitrary<string>) => {
    fc.assert(
      fc.property(words, values, words, (before, value, after) => {
        fc.pre(!/[a-z0-9]$/i.test(before) && !/^[a-z0-9]/i.test(after));
        expect(redactCardNumbers(`${before}${value}${after}`)).toBe(`${before}${value}${after}`);
      }),
      RUNS,
    );
  });

  test('that contains a reference beside other numbers is not changed', () => {
    fc.assert(
      fc.property(references, fc.nat({ max: 999_999 }), references, (reference, count, other) => {
        fc.pre(findFormatFault(reference, 'any') === null && findFormatFault(other, 'any') === null);
        for (const text of [
          `${count} ${reference}`,
          `${reference}-${count}`,
          `${reference} ${other}`,
          `${count}: ${reference}, ${other}`,
        ]) {
          expect(redactCardNumbers(text)).toBe(text);
        }
      }),
      RUNS,
    );
  });

  test('that contains accounts, regions, ARNs, queue URLs or addresses is not changed', () => {
    fc.assert(
      fc.property(
        digits(12),
        fc.constantFrom('eu-central-1', 'ap-southeast-4', 'ap-southeast-5', 'us-gov-west-1'),
        (account, region) => {
          for (const text of [
            account,
            `arn:aws:sts::${account}:assumed-role/1234/2024-01-01`,
            `arn:aws:sqs:${region}:${account}:card-events-4711`,
            `https://sqs.${region}.amazonaws.com/${account}/4711`,
            `${account}/role/1234`,
            '52.119.196.234',
            `at file:///var/task/index.mjs:${account.slice(0, 4)}:${account.slice(4, 7)}`,
          ]) {
            expect(redactCardNumbers(text)).toBe(text);
          }
        },
      ),
      RUNS,
    );
  });

  test.each(['1732651234567-checkout', 'req_1732651234560', '1861234581717283950', '20261126210550012'])(
    'such as the id %s is not changed',
    (id) => {
      expect(redactCardNumbers(id)).toBe(id);
    },
  );

  test('that contains a number without a network or with a wrong check digit is not changed', () => {
    for (const text of ['4111111111111112', '9999 9999 9999 9995', '8000000000000', '2199999999999999']) {
      expect(redactCardNumbers(text)).toBe(text);
    }
  });
});

describe('ids', () => {
  test('an id that the service creates contains no card number', () => {
    for (let count = 0; count < 5_000; count += 1) expect(holdsCardNumber(freshId())).toBe(false);
  });

  test("a caller's correlation id is kept if it contains no card number, otherwise replaced", () => {
    fc.assert(
      fc.property(
        anyCardNumber(),
        asOnCards,
        fc.constantFrom('', '-', '.', '_', ':', 'a', 'xy'),
        (number, sizes, gap) => {
          fc.pre((cut(number, sizes).at(-1)?.length ?? 0) >= 3 && !hasKnownGroup(cut(number, sizes)));
          const id = `id-${cut(number, sizes).join(gap)}`;
          const used = correlationIdFrom(id);
          expect(used).not.toBe(id);
          expect(used).toMatch(/^[0-9a-f-]{36}$/);
        },
      ),
      RUNS,
    );
    fc.assert(
      fc.property(fc.oneof(fc.uuid({ version: 4 }), ulids, references), (id) => {
        expect(correlationIdFrom(id)).toBe(id);
      }),
      RUNS,
    );
  });

  test.each([
    '41111111-1111-1111-0000-000000000000',
    '00000000-4111-1111-1111-111100000000',
    '4111-1111-1111-1111',
    'card:378282246310005',
    'order_4111a1111b1111c1111',
    '4x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1',
    '41a11b11c11d11e11f11g11',
  ])("a caller's correlation id %s is replaced", (id) => {
    expect(correlationIdFrom(id)).not.toBe(id);
  });

  test("a caller's correlation id that is a time and a counter is kept", () => {
    for (let counter = 0; counter < 1_000; counter += 1) {
      for (const id of [`1732651234567-${counter}`, `req-1732651234567.${counter}`, `1732651234x${counter}`]) {
        expect(correlationIdFrom(id)).toBe(id);
      }
    }
  });

  test("a caller's correlation id with other characters or more than 64 of them is replaced", () => {
    for (const id of ['', 'a b', 'é', 'x'.repeat(65), 'a\nb', '"']) expect(correlationIdFrom(id)).not.toBe(id);
    expect(correlationIdFrom(undefined)).not.toBe(correlationIdFrom(undefined));
  });
});

test('the generator of these tests makes card numbers of every network in the table', () => {
  const starts = fc.sample(anyCardNumber(), { seed: 1, numRuns: 5_000 }).map((number) => number.slice(0, 8));
  const isMissing = ({ from, to }: { from: string; to: string }) =>
    !starts.some((start) => start.slice(0, from.length) >= from && start.slice(0, to.length) <= to);
  expect(CARD_NETWORK_RANGES.filter(isMissing)).toEqual([]);
});

test('redaction of a text of 100,000 hexadecimal digits ends before the time limit of the test', () => {
  const text = randomBytes(50_000).toString('hex');
  expect(typeof redactCardNumbers(text)).toBe('string');
});
