/**
 * Whether the error is the fault of postgres.js that driver-fault.ts describes: by message and
 * stack.
 */
export const isWriteToClosedConnection = (error: unknown): boolean =>
  error instanceof TypeError &&
  error.message === "Cannot read properties of null (reading 'write')" &&
  /nextWrite/.test(error.stack ?? '');
