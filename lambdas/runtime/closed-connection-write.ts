/** Whether this is exactly that fault of postgres.js (driver-fault.ts) and no other: by its message and by where it comes from. */
export const isWriteToClosedConnection = (error: unknown): boolean =>
  error instanceof TypeError &&
  error.message === "Cannot read properties of null (reading 'write')" &&
  /nextWrite/.test(error.stack ?? '');
