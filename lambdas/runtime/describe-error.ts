/** An error's name, message and place, and those of its causes; never its other properties, which may hold a statement's parameters. */
export function describe(error: unknown): object {
  if (!(error instanceof Error)) return { name: 'unknown' };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return {
    name: error.name,
    ...code,
    message: error.message,
    stack: error.stack?.split('\n').slice(1, 8),
    ...(error.cause === undefined ? {} : { cause: describe(error.cause) }),
  };
}
