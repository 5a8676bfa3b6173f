export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/** From this share of its time on (0 to 1) a process is too busy to tell a slow server from answers that it has not read yet. */
const BUSY_SHARE = 0.5;

/**
 * The result of work, unless it takes longer than the time. Rejects with TimedOut then; the work itself goes on and its end is
 * ignored. When the process was busy for most of that time, the work gets `whenBusyMs` in all instead.
 *
 * An answer that has arrived while the process was busy or frozen counts: timers run before sockets are read, so the sockets get one
 * turn after the time is over.
 */
export async function within<Result>(
  work: Promise<Result>,
  timeoutMs: number,
  whenBusyMs: number = timeoutMs,
): Promise<Result> {
  if (timeoutMs === Number.POSITIVE_INFINITY) return work;
  const expired = Promise.withResolvers<never>();
  const expire = (): void => expired.reject(new TimedOut(`No answer within ${Math.round(timeoutMs)} ms.`));
  const after = (delayMs: number, act: () => void) =>
    setTimeout(() => setImmediate(() => setImmediate(act)), Math.max(0, delayMs));
  const wasBusy = watchBusyness();
  let timer = after(timeoutMs, () => {
    if (whenBusyMs > timeoutMs && wasBusy()) timer = after(whenBusyMs - timeoutMs, expire);
    else expire();
  });
  try {
    return await Promise.race([work, expired.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Tells whether the process has been busy most of the time since. */
export function watchBusyness(): () => boolean {
  const before = performance.eventLoopUtilization();
  return () => performance.eventLoopUtilization(before).utilization > BUSY_SHARE;
}
