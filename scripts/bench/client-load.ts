import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { type WireAddress, WireConnection } from './wire-connection.ts';

/** One client's work: what is prepared once, and one operation over it. */
export interface Work {
  readonly statements: Readonly<Record<string, string>>;
  readonly once: (connection: WireConnection) => Promise<void>;
}

async function openClients(address: WireAddress, clients: number, work: Work): Promise<WireConnection[]> {
  return Promise.all(
    Array.from({ length: clients }, async () => {
      const connection = await WireConnection.open(address);
      for (const [name, text] of Object.entries(work.statements)) await connection.prepare(name, text);
      return connection;
    }),
  );
}

export interface ClosedLoop {
  /** Operations a second over the whole time. */
  readonly rate: number;
  /** Operations a second in each tenth of the time. */
  readonly tenths: readonly number[];
}

/** As many operations as so many clients can make, one after the other each. */
export async function closedLoop(
  address: WireAddress,
  options: { readonly clients: number; readonly seconds: number; readonly work: Work },
): Promise<ClosedLoop> {
  const { clients, seconds, work } = options;
  const connections = await openClients(address, clients, work);
  const tenths = new Array<number>(10).fill(0);
  const startedMs = performance.now();
  const lengthMs = seconds * 1_000;
  await Promise.all(
    connections.map(async (connection) => {
      for (;;) {
        await work.once(connection);
        const atMs = performance.now() - startedMs;
        if (atMs >= lengthMs) break;
        const tenth = Math.floor((atMs / lengthMs) * 10);
        tenths[tenth] = (tenths[tenth] ?? 0) + 1;
      }
      connection.close();
    }),
  );
  const total = tenths.reduce((sum, count) => sum + count, 0);
  return { rate: total / seconds, tenths: tenths.map((count) => (count * 10) / seconds) };
}

/**
 * Operations at a steady rate, whether or not earlier ones are answered. Each latency counts from the moment the operation was due, so that waiting for
 * a free client is part of it (no coordinated omission). In microseconds.
 */
export async function openLoop(
  address: WireAddress,
  options: { readonly perSecond: number; readonly seconds: number; readonly clients: number; readonly work: Work },
): Promise<RecordableHistogram> {
  const { perSecond, seconds, clients, work } = options;
  const free = await openClients(address, clients, work);
  const all = [...free];
  const latency = createHistogram();
  const due: number[] = [];
  const total = perSecond * seconds;
  const startedMs = performance.now();
  let begun = 0;
  let ended = 0;
  const done = Promise.withResolvers<void>();

  const serve = async (connection: WireConnection): Promise<void> => {
    for (let dueMs = due.shift(); dueMs !== undefined; dueMs = due.shift()) {
      await work.once(connection);
      latency.record(Math.max(1, Math.round((performance.now() - dueMs) * 1_000)));
      ended += 1;
      if (ended === total) done.resolve();
    }
    free.push(connection);
  };
  const tick = (): void => {
    const wanted = Math.min(total, Math.floor(((performance.now() - startedMs) / 1_000) * perSecond));
    for (; begun < wanted; begun += 1) {
      due.push(startedMs + (begun / perSecond) * 1_000);
      const connection = free.pop();
      if (connection !== undefined) serve(connection).catch(done.reject);
    }
    if (begun < total) setTimeout(tick, 1);
  };
  tick();
  await done.promise;
  for (const connection of all) connection.close();
  return latency;
}
