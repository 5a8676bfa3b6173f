import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bodiesIn } from '../../../../lambdas/api/schemas.ts';
import { MAX_BODY_BYTES, parseBody } from '../../../../lambdas/runtime/http/parse-body.ts';
import { findRepeatedField } from '../../../../lambdas/runtime/http/repeated-field.ts';
import { VOCABULARIES } from '../../../../lambdas/vocabulary.ts';

const cardNumberRequest = bodiesIn(VOCABULARIES.card).source;
const CARD = '4111111111111111';
const OTHER = '5555555555554444';

const faultOf = (body: string): string => {
  try {
    parseBody(cardNumberRequest, { body });
    return 'accepted';
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown';
  }
};

test.each([
  ['twice in the same form', `{"cardNumber":"${CARD}","cardNumber":"${OTHER}"}`],
  ['twice with the same value', `{"cardNumber":"${CARD}","cardNumber":"${CARD}"}`],
  ['once with an escaped letter', `{"cardNumber":"${CARD}","card\\u004eumber":"${OTHER}"}`],
  ['with every letter escaped', `{"\\u0063ard\\u004Eumber":"${CARD}","cardNumber":"${OTHER}"}`],
  ['in another type', `{"cardNumber":{"a":[1,{"b":2}]},"cardNumber":"${OTHER}"}`],
  ['behind spaces and line breaks', `{ "cardNumber" : "${CARD}" ,\n\t"cardNumber"\n: "${OTHER}" }`],
])('a body that names the card number %s is refused', (_how, body) => {
  expect(faultOf(body)).toBe('field cardNumber must be given once');
});

test('a repeated field in a nested object is refused, and a card number used as a field name is not quoted', () => {
  expect(faultOf(`{"a":[{"x":1},{"x":1,"x":2}]}`)).toBe('field x must be given once');
  expect(faultOf(`{"${CARD}":1,"${CARD}":2}`)).toBe('field (unprintable) must be given once');
});

test('the same name in different objects, or as a value, is not a repeated field', () => {
  for (const text of [
    '{"a":{"a":1},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":"b","b":"a"}',
    '{"a":["a","a"]}',
    '{"a":"\\",\\"a\\":"}',
  ]) {
    expect(findRepeatedField(text)).toBeNull();
  }
});

test('no field is repeated in the output of JSON.stringify, and a field that is appended again is found', () => {
  const name = fc.string().filter((text) => text !== '__proto__');
  fc.assert(
    fc.property(fc.dictionary(name, fc.jsonValue(), { minKeys: 1 }), fc.jsonValue(), (content, value) => {
      const text = JSON.stringify(content);
      expect(findRepeatedField(text)).toBeNull();
      const [again = ''] = Object.keys(content);
      const repeated = `${text.slice(0, -1)},${JSON.stringify(again)}:${JSON.stringify(value)}}`;
      expect(findRepeatedField(repeated)).toBe(again);
    }),
    { seed: 8 },
  );
});

test.each([
  ['{"__proto__":{"cardNumber":"4111111111111111"}}'],
  ['{"cardNumber":"4111111111111111","__proto__":{}}'],
  ['{"constructor":{"prototype":{"cardNumber":"4111111111111111"}}}'],
  ['{"CardNumber":"4111111111111111"}'],
  ['{"cardNumber ":"4111111111111111"}'],
  ['{"cardNumber":"4111111111111111","cvv":"123"}'],
  ['{"cardNumber":4111111111111111}'],
  ['{"cardNumber":["4111111111111111"]}'],
  ['"4111111111111111"'],
  ['["cardNumber"]'],
  ['null'],
  [''],
  ['4111111111111111'],
  ['{"cardNumber":"4111111111111111"'],
  ['\ufeff{"cardNumber":"4111111111111111"}'],
])('the body %j is refused and not quoted', (body) => {
  const fault = faultOf(body);
  expect(fault).not.toBe('accepted');
  expect(fault).not.toMatch(/1{4}/);
});

test('a body that is not UTF-8 is refused', () => {
  const bytes = Buffer.concat([Buffer.from('{"cardNumber":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
  expect(() => parseBody(cardNumberRequest, { body: bytes.toString('base64'), isBase64Encoded: true })).toThrow(
    'body must be UTF-8',
  );
});

test('a body over the size limit is refused with that limit, whether or not it is JSON', () => {
  for (const body of ['x'.repeat(MAX_BODY_BYTES + 1), JSON.stringify({ cardNumber: '4'.repeat(MAX_BODY_BYTES) })]) {
    expect(faultOf(body)).toBe(`body must be at most ${MAX_BODY_BYTES} bytes`);
  }
});

test('a valid body is returned as an object', () => {
  expect(parseBody(cardNumberRequest, { body: `{"cardNumber":"${CARD}"}` })).toEqual({ cardNumber: CARD });
});
