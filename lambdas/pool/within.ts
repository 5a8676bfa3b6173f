export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/**
 * The result of work, unless it takes longer than the time. Rejects with TimedOut then; the work itself goes on and its end is ignored.
 * An answer that has arrived while the process was busy or frozen counts: timers run before sockets are read, so the sockets get
 * one turn after the time is over.
 */
export async function within<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  if (timeoutMs === Number.POSITIVE_INFINITY) return work;
  const expired = Promise.withResolvers<never>();
  const expire = (): void => expired.reject(new TimedOut(`No answer within ${Math.round(timeoutMs)} ms.`));
  const timer = setTimeout(() => setImmediate(() => setImmediate(expire)), Math.max(0, timeoutMs));
  try {
    return await Promise.race([work, expired.promise]);
  } finally {
    clearTimeout(timer);
  }
}
