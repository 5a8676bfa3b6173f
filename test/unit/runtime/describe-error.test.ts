import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { startUp } from '../../../lambdas/composition/start-up.ts';
import { describe } from '../../../lambdas/runtime/logging/describe-error.ts';
import { asOwnError, framesOf, UnexpectedFailure } from '../../../lambdas/runtime/own-error.ts';
import { InvalidSettings } from '../../../lambdas/runtime/settings.ts';
import { InvalidInput, StoreUnavailable } from '../../../lambdas/tokenization/errors.ts';

const SECRET = 'hunter2-Pa55word';

const thrownBy = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown.');
};

/** An error as the driver makes it: message and properties contain values of the statement. */
const driverError = () =>
  Object.assign(new Error(`duplicate key value: Key (internal_token)=(${SECRET}) already exists.`), {
    name: 'PostgresError',
    code: '23505',
    severity: 'ERROR',
    constraint_name: 'pair_internal_token_key',
    table_name: 'pair',
    detail: `Key (internal_token)=(${SECRET})`,
    where: `unnamed portal parameter $1 = '${SECRET}'`,
    query: `insert into pair values ('${SECRET}')`,
    parameters: [SECRET],
    routine: '_bt_check_unique',
  });

const foreignErrors: readonly (readonly [string, () => unknown])[] = [
  ['the JSON parser', () => thrownBy(() => JSON.parse(SECRET))],
  ['the URL parser', () => thrownBy(() => new URL(`postgres//${SECRET}`))],
  ['decodeURIComponent', () => thrownBy(() => decodeURIComponent(`%${SECRET}`))],
  ['zod', () => thrownBy(() => z.parse(z.literal(SECRET), 1))],
  ['BigInt', () => thrownBy(() => BigInt(SECRET))],
  ['Headers', () => thrownBy(() => new Headers({ [`${SECRET} x`]: '' }))],
  ['the database driver', driverError],
  ['a chain of causes', () => new Error('outer', { cause: new Error(SECRET, { cause: driverError() }) })],
  ['AggregateError', () => new AggregateError([new Error(SECRET), driverError()], SECRET)],
  [
    'a name and a code with other text',
    () => Object.assign(new Error('x'), { name: `Error: ${SECRET}`, code: `${SECRET} x` }),
  ],
  ['a text that was thrown', () => SECRET],
];

test.each(foreignErrors)('a described error contains nothing that it quoted (%s)', (_what, error) => {
  expect(JSON.stringify(describe(error()))).not.toContain('hunter2');
});

test.each(foreignErrors)(
  'a failed start rejects with an error that contains nothing that the cause quoted (%s)',
  async (_what, error) => {
    const failure = await startUp(() => Promise.reject(error())).catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(UnexpectedFailure);
    expect(inspect(failure, { depth: 5, showHidden: true })).not.toContain('hunter2');
  },
);

test('a described driver error keeps the fields that contain names and no values', () => {
  expect(describe(driverError())).toMatchObject({
    name: 'PostgresError',
    code: '23505',
    severity: 'ERROR',
    constraint_name: 'pair_internal_token_key',
    table_name: 'pair',
    routine: '_bt_check_unique',
  });
});

test("a described error keeps this project's message and drops the message of a foreign cause", () => {
  expect(describe(new InvalidSettings(['DATABASE_HOST must be set']))).toMatchObject({
    message: expect.stringContaining('DATABASE_HOST must be set'),
  });
  const described = describe(new StoreUnavailable(driverError()));
  expect(described).toMatchObject({ message: 'The database is not available.', cause: { code: '23505' } });
  expect(JSON.stringify(described)).not.toContain('hunter2');
  const own = new InvalidInput('body', 'must be JSON');
  expect(asOwnError('The job failed', own)).toBe(own);
});

test('the stack frames of an error contain no line of its message, even one that looks like a frame', () => {
  const line = fc.constantFrom(
    `    at ${SECRET} (file:///a.ts:1:2)`,
    `    at async ${SECRET} (/a.ts:1:2)`,
    `    at /${SECRET}:1:2`,
    SECRET,
    '',
    'Error: x',
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const error = new Error(lines.join('\n'));
      const frames = framesOf(error);
      expect(frames.join('\n')).not.toContain('hunter2');
      expect(frames[0]).toContain('describe-error.test.ts');
    }),
    { seed: 8 },
  );
});

test('the stack frames of an error contain no line of a message that was replaced later', () => {
  const error = new Error(`first\n    at ${SECRET} (file:///a.ts:1:2)\nlast`);
  error.message = 'another';
  expect(framesOf(error).join('\n')).not.toContain('hunter2');
});

test('a described error drops a name or a code that could be a card number, and keeps real codes', () => {
  const error = Object.assign(new Error('x'), { name: 'E4111111111111111', code: '4111111111111111' });
  expect(JSON.stringify(describe(error))).not.toContain('1111');
  expect(String(asOwnError('The job failed', error))).toBe('UnexpectedFailure: The job failed: unknown error.');
  for (const code of ['23505', '57P01', 'ECONNREFUSED', 'ERR_HTTP2_STREAM_ERROR', 'CONNECT_TIMEOUT', 'E2BIG']) {
    expect(describe(Object.assign(new Error('x'), { code }))).toMatchObject({ code });
  }
});

test('an error that is its own cause is described without an endless loop', () => {
  const error = new Error('a');
  error.cause = error;
  expect(JSON.stringify(describe(error)).length).toBeLessThan(20_000);
});
