import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startsPattern } from '../../../lambdas/pool/install/starts-pattern.ts';
import { startsBetween } from '../../../lambdas/tokenization/model/card-networks.ts';
import { REFERENCE_FORMATS } from '../../../lambdas/tokenization/model/reference-format.ts';
import type { DigitRange } from '../../../lambdas/tokenization/model/token-form.ts';
import { profileNamed } from '../../support/tome-profiles.ts';

const PREFIXES = Array.from({ length: 1_000_000 }, (_, number) => String(number).padStart(6, '0'));
const REST = '1234567890';

const RANGES: readonly (readonly [string, readonly DigitRange[]])[] = [
  ...REFERENCE_FORMATS.map(
    ({ version, forbidden }) => [`version ${version} of the reference format`, forbidden] as const,
  ),
  ...['uat', 'sixteen-digits'].flatMap((name) => {
    const { ns1, ns2 } = profileNamed(name).namespaces;
    return [
      [`the internal tokens of ${name}`, ns1.token.forbiddenStarts] as const,
      [`the references of ${name}`, ns2.token.forbiddenStarts] as const,
    ];
  }),
];

test.each(RANGES)('the pattern allows the same six leading digits as the ranges of %s', (_name, ranges) => {
  const pattern = new RegExp(startsPattern(ranges) ?? 'no range');
  const isForbidden = (text: string): boolean => ranges.some((range) => startsBetween(text, range));
  expect(PREFIXES.filter((prefix) => pattern.test(prefix + REST) !== isForbidden(prefix + REST))).toEqual([]);
});

const someRange = fc
  .integer({ min: 1, max: 8 })
  .chain((digits) => fc.tuple(...[0, 1].map(() => fc.stringMatching(new RegExp(`^[0-9]{${digits}}$`)))))
  .map(([one = '', other = '']) => (one <= other ? { from: one, to: other } : { from: other, to: one }));

test('the pattern of any ranges matches a text exactly if one of the ranges contains its start', () => {
  fc.assert(
    fc.property(
      fc.array(someRange, { minLength: 1, maxLength: 8 }),
      fc.stringMatching(/^[0-9]{16}$/),
      (ranges, text) => {
        const pattern = new RegExp(startsPattern(ranges) ?? 'no range');
        // A wrong pattern would miss the ends of a range or their neighbours.
        const ends = ranges.flatMap(({ from, to }) => [
          from.padEnd(16, '0'),
          to.padEnd(16, '9'),
          String(BigInt(from.padEnd(16, '0')) - 1n).padStart(16, '0'),
          String(BigInt(to.padEnd(16, '9')) + 1n).padStart(16, '0'),
        ]);
        for (const digits of [text, ...ends.filter((end) => /^[0-9]{16}$/.test(end))]) {
          expect([digits, pattern.test(digits)]).toEqual([
            digits,
            ranges.some((range) => startsBetween(digits, range)),
          ]);
        }
      },
    ),
  );
});

test.each<[DigitRange[], string | null]>([
  [[], null],
  [[{ from: '4', to: '4' }], '^4'],
  [[{ from: '0', to: '8' }], '^[0-8]'],
  [[{ from: '0', to: '9' }], '^'],
  [
    [
      { from: '00', to: '49' },
      { from: '5', to: '9' },
    ],
    '^',
  ],
  [[{ from: '2221', to: '2720' }], '^2(2(2[1-9]|[3-9])|[3-6]|7([01]|20))'],
])('the pattern of %j is %j', (ranges, pattern) => {
  expect(startsPattern(ranges)).toBe(pattern);
});
