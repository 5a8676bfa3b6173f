import { steadyArrivals } from '../load/arrivals.ts';
import { LatencyHistogram } from '../load/latency-histogram.ts';
import { openLoop } from '../load/open-loop.ts';
import { type WireAddress, WireConnection } from './wire-connection.ts';

/** The work of one client: statements that are prepared once, and one operation with them. */
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

/** Runs clients that each repeat the operation as fast as they can. Returns operations a second. */
export async function closedLoop(
  address: WireAddress,
  options: { readonly clients: number; readonly seconds: number; readonly work: Work },
): Promise<number> {
  const { clients, seconds, work } = options;
  const connections = await openClients(address, clients, work);
  const startedMs = performance.now();
  const lengthMs = seconds * 1_000;
  let count = 0;
  await Promise.all(
    connections.map(async (connection) => {
      for (;;) {
        await work.once(connection);
        if (performance.now() - startedMs >= lengthMs) break;
        count += 1;
      }
      connection.close();
    }),
  );
  return count / seconds;
}

/**
 * Starts operations at a steady rate, whether or not earlier ones have finished. Each latency is
 * measured from the time at which the operation was due.
 */
export async function openLoopLatency(
  address: WireAddress,
  options: { readonly perSecond: number; readonly seconds: number; readonly clients: number; readonly work: Work },
): Promise<LatencyHistogram> {
  const { perSecond, seconds, clients, work } = options;
  const all = await openClients(address, clients, work);
  const free = [...all];
  const waiting: ((connection: WireConnection) => void)[] = [];
  const latency = new LatencyHistogram();
  await openLoop({
    arrivals: steadyArrivals(perSecond, seconds),
    async send({ dueMs }) {
      const connection = free.pop() ?? (await new Promise<WireConnection>((resolve) => waiting.push(resolve)));
      await work.once(connection);
      latency.record(performance.now() - dueMs);
      const next = waiting.shift();
      if (next === undefined) free.push(connection);
      else next(connection);
    },
  });
  for (const connection of all) connection.close();
  return latency;
}
