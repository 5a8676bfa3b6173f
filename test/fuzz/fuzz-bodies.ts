import { grouped } from './card-traces.ts';
import type { RandomChoice } from './random-choice.ts';

interface FuzzBody {
  readonly description: string;
  readonly bytes: Buffer;
}

type Mutation = (field: string, value: string, random: RandomChoice) => string | Buffer;

const object = (field: string, value: unknown, more: object = {}): string =>
  JSON.stringify({ [field]: value, ...more });

/** Invalid, and a few unusual, variants of a body with one field. */
const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'no body': () => '',
  'white space': () => ' \n',
  'not JSON': (_field, value) => value,
  'half of the JSON': (field, value) => object(field, value).slice(0, -5),
  'JSON twice': (field, value) => object(field, value) + object(field, value),
  'trailing comma': (field, value) => `{"${field}":"${value}",}`,
  comment: (field, value) => `{"${field}":"${value}"/* x */}`,
  'byte order mark': (field, value) => `\uFEFF${object(field, value)}`,
  'UTF-16': (field, value) => Buffer.from(object(field, value), 'utf16le'),
  'invalid UTF-8': (field) =>
    Buffer.concat([Buffer.from(`{"${field}":"`), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from('"}')]),
  null: () => 'null',
  list: (_field, value) => JSON.stringify([value]),
  text: (_field, value) => JSON.stringify(value),
  'empty object': () => '{}',
  'field is null': (field) => object(field, null),
  'field is a number': (field, value) => `{"${field}":${value}}`,
  'field is a huge number': (field) => `{"${field}":1e400}`,
  'field is a list': (field, value) => object(field, [value]),
  'field is an object': (field, value) => object(field, { [field]: value }),
  'field is true': (field) => object(field, true),
  'field is empty': (field) => object(field, ''),
  'field twice': (field, value) => `{"${field}":"${value}","${field}":"${value}"}`,
  'another field': (field, value, random) =>
    object(field, value, { [random.of(['cvv', 'pan', '__proto__x', 'x'.repeat(300)])]: '123' }),
  'prototype field': (field, value) => `{"${field}":"${value}","__proto__":{"a":1}}`,
  'field named like its value': (field, value) => object(value, value, { [field]: value }),
  'field in capitals': (field, value) => object(field.toUpperCase(), value),
  'spaces in the value': (field, value) => object(field, grouped(value, ' ')),
  'hyphens in the value': (field, value) => object(field, grouped(value, '-')),
  'value and a line feed': (field, value) => object(field, `${value}\n`),
  'value and a zero byte': (field, value) => object(field, `${value}\u0000`),
  'one digit too many': (field, value) => object(field, `${value}0`),
  'one digit too few': (field, value) => object(field, value.slice(1)),
  'another last digit': (field, value) => object(field, value.slice(0, -1) + String((Number(value.at(-1)) + 1) % 10)),
  'all zeros': (field) => object(field, '0'.repeat(16)),
  'full-width digits': (field, value) =>
    object(
      field,
      value.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    ),
  'value with its security code': (field, value, random) => object(field, value + random.digits(3)),
  'random digits': (field, _value, random) => object(field, random.digits(12 + random.below(9))),
  'a very long value': (field, value) => object(field, value.repeat(100)),
  'more than two kilobytes': (field, value) => object(field, value, { padding: 'x'.repeat(3_000) }),
  'more than sixteen kilobytes': (field, value) => object(field, value, { padding: 'x'.repeat(40_000) }),
  'deeply nested': (field) => `{"${field}":${'['.repeat(900)}${']'.repeat(900)}}`,
  'random bytes': (_field, _value, random) =>
    Buffer.from(Array.from({ length: 1 + random.below(60) }, () => random.below(256))),
  'a byte changed': (field, value, random) => {
    const bytes = Buffer.from(object(field, value));
    bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  },
};
const NAMES = Object.keys(MUTATIONS);

/** The body that a route expects. */
export const validBody = (field: string, value: string): Buffer => Buffer.from(object(field, value));

/** A random variant of that body. */
export function mutatedBody(field: string, value: string, random: RandomChoice): FuzzBody {
  const description = NAMES[random.below(NAMES.length)] ?? 'null';
  return { description, bytes: Buffer.from(MUTATIONS[description]?.(field, value, random) ?? '') };
}
