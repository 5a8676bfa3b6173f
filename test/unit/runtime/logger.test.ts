import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { auditLogger, logger } from '../../../lambdas/runtime/logging/logger.ts';
import { redactedLogValue } from '../../../lambdas/runtime/logging/redacted-log-value.ts';
import { type KeptOutput, keepOutput } from '../../support/kept-output.ts';
import { withCheckDigit } from '../tokenization/generated-card-numbers.ts';

const CARD = '4111111111111111';
const SECRET = 'hunter2-Pa55word';
/**
 * A reference of format version 1 that could be a card number now: its range belongs to RuPay since
 * version 2, and its check digit is correct.
 */
const OLD_REFERENCE = withCheckDigit('821111111111111');

let output: KeptOutput;

beforeEach(() => {
  output = keepOutput();
});

afterEach(() => {
  vi.restoreAllMocks();
});

const loggers = [
  ['the log', logger],
  ['the audit log', auditLogger],
] as const;

test.each(loggers)('%s contains no card number, in whatever field of a line it was passed', (_name, log) => {
  log.error(`message ${CARD}`, {
    text: `4111 1111 1111 1111`,
    nested: { list: [`a-${CARD}`, { deep: '4111a1111b1111c1111' }] },
    [`key ${CARD}`]: true,
    number: Number(CARD),
    bigint: BigInt(CARD),
    bytes: Buffer.from(CARD),
    view: new Uint8Array(Buffer.from(CARD)),
    json: { toJSON: () => CARD },
    escaped: JSON.stringify({ cardNumber: CARD }),
    url: 'https://example.com/%34%31%31%31%31%31%31%31%31%31%31%31%31%31%31%31',
    error: new Error(`failed for ${CARD}`),
  });
  expect(output.text).toContain('"level":"ERROR"');
  expect(output.text.replaceAll(/"timestamp":"[^"]*"/g, '')).not.toMatch(/1{4}/);
  expect(output.text).not.toContain('52,49,49,49');
  expect(output.text.match(/\[card number\]/g)?.length).toBeGreaterThanOrEqual(9);
});

test.each(loggers)(
  '%s contains the name and stack of a foreign error and not its message, in any field',
  (_name, log) => {
    const error = new SyntaxError(`Unexpected token in ${SECRET}`, {
      cause: new TypeError(`second\n${SECRET}\n    at x`),
    });
    log.error('failed', error);
    log.error('failed', { error, list: [error] });
    expect(output.text).toContain('SyntaxError');
    expect(output.text).toContain('logger.test.ts');
    expect(output.text).not.toContain('hunter2');
  },
);

test('the log keeps values that are not card numbers unchanged', () => {
  const line = {
    cardReference: '9123456789012345',
    durationMs: 12.3,
    ratio: 0.1 + 0.2,
    at: 1_795_737_600_000,
    on: new Date(1_795_737_600_000),
    functionRequestId: '58236845-3880-4269-9eab-ad5fcf91e9e6',
    gatewayRequestId: '58236845-3880-4269-9eab-ad5fcf91e9e6',
    sourceAddress: '2600:1700:1234:5678::1',
    caller: '412345678901/role/1234',
  };
  logger.critical('written', line);
  expect(JSON.parse(output.text)).toMatchObject(JSON.parse(JSON.stringify(line)));
});

test('the audit log keeps a reference whose range was assigned to a card network later', () => {
  auditLogger.info('card number disclosed', { cardReference: OLD_REFERENCE, session: OLD_REFERENCE });
  expect(JSON.parse(output.text)).toMatchObject({ cardReference: OLD_REFERENCE, session: '[card number]' });
});

test('the log redacts a card number in a field that AWS fills, because it has not the form of that field', () => {
  for (const field of ['functionRequestId', 'gatewayRequestId', 'sourceAddress', 'cardReference']) {
    expect(redactedLogValue(field, CARD)).toBe('[card number]');
  }
});
