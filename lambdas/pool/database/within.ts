export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/**
 * The event loop utilization (0 to 1) from which a process cannot tell a slow server from unread
 * answers.
 */
const BUSY_SHARE = 0.5;

/**
 * Returns the result of the work. Rejects with TimedOut when it takes longer than `timeoutMs`; the
 * work itself continues and its result is ignored. When the process was busy for most of that time,
 * the limit is `whenBusyMs` instead.
 *
 * An answer that arrived while the process was busy or frozen counts. Timers run before sockets are
 * read, so after the timeout the sockets are read once more (two `setImmediate`).
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

/**
 * Starts to watch. The returned function says whether the process was busy most of the time since.
 */
export function watchBusyness(): () => boolean {
  const before = performance.eventLoopUtilization();
  return () => performance.eventLoopUtilization(before).utilization > BUSY_SHARE;
}
