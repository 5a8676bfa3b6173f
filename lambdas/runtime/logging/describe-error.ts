import { codeOf, framesOf, isOwnError, nameOf } from '../own-error.ts';

/** What drivers and SDKs say about a failure beside its message, and that names only parts of our own schema or theirs. */
const FACTS = ['severity', 'constraint_name', 'table_name', 'routine', 'syscall'] as const;
const MOST_CAUSES = 5;
const MOST_ERRORS = 3;

/**
 * An error for the log: its name, code and place, the facts that name no value, and the same of its causes. The message only when it is
 * ours (`own-error.ts`); other properties never, for they may hold a statement's parameters or a request.
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
