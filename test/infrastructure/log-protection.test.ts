import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findFormatFault } from '../../lambdas/tokenization/model/reference-format.ts';
import { CARD_NUMBER_MASKS } from '../../lib/logs/card-number-masks.ts';
import { anyCardNumber, digits } from '../unit/tokenization/generated-card-numbers.ts';
import { synthesized } from './synthesized-environment.ts';

const { properties } = synthesized('prod').one('AWS::Logs::LogGroup', 'prod-card-service', 'FunctionscreatecardLogs');
const IDENTIFIERS: readonly { readonly Name: string; readonly Regex: string }[] =
  properties.DataProtectionPolicy.Configuration.CustomDataIdentifier;

const isMasked = (text: string): boolean => IDENTIFIERS.some(({ Regex }) => new RegExp(Regex).test(text));

test('the expressions meet the limits of CloudWatch on number, length and characters', () => {
  expect(IDENTIFIERS.map(({ Regex }) => Regex)).toEqual(CARD_NUMBER_MASKS);
  expect(IDENTIFIERS.length).toBeLessThanOrEqual(10);
  for (const { Name, Regex } of IDENTIFIERS) {
    expect(Name).toMatch(/^[A-Za-z0-9_-]{1,128}$/);
    expect(Regex.length).toBeLessThanOrEqual(200);
    expect(Regex).toMatch(/^[A-Za-z0-9_#=@/;, ^$?[\]{}|\\*+.-]+$/);
  }
  const [audit, mask] = properties.DataProtectionPolicy.Statement;
  expect(mask.DataIdentifier).toEqual(audit.DataIdentifier);
  expect(audit.DataIdentifier).toEqual(expect.arrayContaining(IDENTIFIERS.map(({ Name }) => Name)));
});

/** Positions of a number in a log line. */
const lines = fc.constantFrom<(value: string) => string>(
  (value) => `{"message":"${value}"}`,
  (value) => `{"value":${value},"other":1}`,
  (value) => `{"message":"card ${value} refused"}`,
  (value) => `{"url":"/v1/cards/${value}?x=1"}`,
);
const RUNS = { seed: 8, numRuns: 5_000 };

test('a card number of every network in CARD_NETWORK_RANGES is masked', () => {
  fc.assert(
    fc.property(anyCardNumber(), lines, (number, line) => {
      expect(isMasked(line(number))).toBe(true);
    }),
    RUNS,
  );
});

test('no reference of the current format is masked, with any check digit', () => {
  const references = digits(16).filter((text) => findFormatFault(text, 'any') === null);
  fc.assert(
    fc.property(references, lines, (reference, line) => {
      expect(isMasked(line(reference))).toBe(false);
    }),
    RUNS,
  );
});

test('the first and last reference of every gap between networks are not masked', () => {
  const starts = Array.from({ length: 10_000 }, (_, index) => String(index).padStart(4, '0'));
  for (const start of starts) {
    for (const fill of ['0', '9']) {
      const text = start.padEnd(16, fill);
      if (findFormatFault(text, 'any') === null) expect(isMasked(`{"cardReference":"${text}"}`), text).toBe(false);
    }
  }
});

test('no timestamp, UUID or trace id is masked', () => {
  // From September 2031 on, microseconds since 1970 start with 1946, like cards of the network GPN.
  const times = fc.date({ min: new Date('2001-09-10'), max: new Date('2031-08-31'), noInvalidDate: true });
  const hexadecimal = fc.array(fc.constantFrom(...'0123456789abcdef'.split('')), { minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(times, hexadecimal, fc.uuid(), lines, (time, letters, uuid, line) => {
      const trace = `1-${letters.slice(0, 8).join('')}-${letters.slice(8).join('')}`;
      for (const value of [
        time.toISOString(),
        `${time.getTime()}`,
        `${time.getTime()}123`,
        `${time.getTime()}123456`,
        trace,
        uuid,
      ]) {
        expect(isMasked(line(value)), value).toBe(false);
      }
    }),
    RUNS,
  );
});

test.each([
  '4111111111111111',
  '5555555555554444',
  '2223003122003222',
  '378282246310005',
  '6011111111111117',
  '6200000000000005',
])('the card number %s is masked', (number) => expect(isMasked(`{"message":"${number}"}`)).toBe(true));

test.each(['4111 1111 1111 1111', '4111-1111-1111-1111', '3782 822463 10005', '4000 0000 0000 0000 006'])(
  'the card number %s in groups is masked',
  (number) => expect(isMasked(`{"message":"card ${number} refused"}`)).toBe(true),
);

test.each([
  ['a time in milliseconds', '{"_aws":{"Timestamp":1764061204000}}'],
  ['a correlation id', '{"correlationId":"41111111-1111-4111-8111-111111111111"}'],
  ['a trace id', '{"xray_trace_id":"1-5759e988-411111111111111111111111"}'],
  ['a count', '{"durationMs":12.5,"count":4111}'],
])('%s, as functions log it, is not masked and so raises no alarm', (_what, line) => {
  expect(isMasked(line)).toBe(false);
});
