import { codeOf, framesOf, isOwnError, nameOf } from '../own-error.ts';

/**
 * Properties of driver and SDK errors that contain names of a schema or a system call, and no
 * values.
 */
const FACTS = ['severity', 'constraint_name', 'table_name', 'routine', 'syscall'] as const;
const MOST_CAUSES = 5;
const MOST_ERRORS = 3;

/**
 * Returns an error for the log: name, code, stack frames, the properties above, and the same of its
 * causes. The message only when this project wrote it (`own-error.ts`). Other properties are left
 * out, because they can hold statement parameters or a request.
 */
export function describe(error: unknown, causes = MOST_CAUSES): object {
  if (!(error instanceof Error)) return { name: 'unknown' };
  const code = codeOf(error);
  const facts = FACTS.flatMap((fact) => {
    const value: unknown = Reflect.get(error, fact);
    return typeof value === 'string' && /^[\w.-]{1,63}$/.test(value) ? [[fact, value] as const] : [];
  });
  return {
    name: nameOf(error),
    ...(code === undefined ? {} : { code }),
    ...Object.fromEntries(facts),
    ...(isOwnError(error) ? { message: error.message } : {}),
    stack: framesOf(error),
    ...(error instanceof AggregateError && causes > 0
      ? { errors: error.errors.slice(0, MOST_ERRORS).map((part: unknown) => describe(part, 0)) }
      : {}),
    ...(error.cause === undefined || causes === 0 ? {} : { cause: describe(error.cause, causes - 1) }),
  };
}
