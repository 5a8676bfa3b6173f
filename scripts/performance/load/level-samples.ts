import type { Sender } from './sender.ts';

export interface LevelSample {
  /** Seconds from the start of the load. */
  readonly second: number;
  readonly available: number;
  readonly staged: number;
}

export interface LevelWatch {
  readonly samples: readonly LevelSample[];
  /** Failed samples, counted by their error. */
  readonly failures: Readonly<Record<string, number>>;
  /** Takes a last sample, then resolves. */
  stop(): Promise<void>;
}

/**
 * Samples the level of the pool over its API until it is stopped. Samples do not overlap: a slow
 * answer delays the next one.
 */
export function watchLevel(
  sender: Sender,
  everyMs: number,
  onSample: (sample: LevelSample) => void = () => undefined,
): LevelWatch {
  const samples: LevelSample[] = [];
  const failures: Record<string, number> = {};
  const startedMs = performance.now();
  const stopping = Promise.withResolvers<void>();
  let isStopped = false;

  const sampleOnce = async (): Promise<void> => {
    const { status, error, body } = await sender.send({ method: 'GET', path: '/v1/pool' });
    const { available, staged } = body;
    if (error === null && typeof available === 'number' && typeof staged === 'number') {
      const sample = { second: Math.round((performance.now() - startedMs) / 100) / 10, available, staged };
      samples.push(sample);
      onSample(sample);
    } else {
      const name = status === 0 ? String(error) : `${status} ${error ?? 'without a level'}`;
      failures[name] = (failures[name] ?? 0) + 1;
    }
  };
  const watch = (async () => {
    while (!isStopped) {
      await sampleOnce();
      await Promise.race([stopping.promise, new Promise((resolve) => setTimeout(resolve, everyMs).unref())]);
    }
    await sampleOnce();
  })();
  return {
    samples,
    failures,
    async stop() {
      isStopped = true;
      stopping.resolve();
      await watch;
    },
  };
}
