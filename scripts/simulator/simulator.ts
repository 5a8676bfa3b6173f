import { startLoopbackServer } from '../program/loopback/loopback-server.ts';
import { handleControl, type SimulatorControls } from './control.ts';
import { Faults } from './faults.ts';
import { Journal } from './journal.ts';
import { Ledger } from './ledger.ts';
import type { FileNotWritable } from './line-file.ts';
import { seededRandom } from './seeded-random.ts';
import { type SimulatorTime, systemTime } from './simulator-time.ts';
import { type SwitchChanges, switchesFrom } from './switches.ts';
import { TomeService } from './tome-service.ts';
import { Vault } from './vault.ts';

export interface SimulatorOptions {
  /** 0, the default, selects a free port. */
  readonly port?: number;
  readonly seed?: number;
  readonly switches?: SwitchChanges;
  /**
   * The file of the journal, and the installation that it belongs to. Without it all data is in
   * memory only.
   */
  readonly journal?: { readonly path: string; readonly installation: string };
  /** The clock of latency, rate limit and token expiry. Tests pass a virtual one. */
  readonly time?: SimulatorTime;
}

export interface Simulator extends SimulatorControls {
  readonly url: string;
  close(): Promise<void>;
}

/** Larger than a bulk call of 500 items, the largest request. */
const MAX_BODY_BYTES = 200_000;

/**
 * Starts a simulator of TOME's contract (docs/design.md#calling-tome) on loopback. Rejects when the
 * port is in use, and with the errors of Journal.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  let generator = seededRandom(options.seed ?? 1);
  const random = (): number => generator();
  const journal =
    options.journal === undefined ? null : new Journal(options.journal.path, options.journal.installation);
  const vaults = { ns1: new Vault('ns1', random, journal), ns2: new Vault('ns2', random, journal) };
  const faults = new Faults(random);
  const ledger = new Ledger();
  let switches = switchesFrom(options.switches ?? {});

  const { time = systemTime } = options;
  const waiting = new Set<() => void>();
  const later = (delayMs: number, work: () => void): void => {
    const cancel = time.after(delayMs, () => {
      waiting.delete(cancel);
      work();
    });
    waiting.add(cancel);
  };

  let hasWarned = false;
  const onNotWritable = ({ message }: FileNotWritable): void => {
    if (!hasWarned) process.stderr.write(`The TOME simulator answers 503: ${message}\n`);
    hasWarned = true;
  };
  const service = new TomeService({
    vaults,
    faults,
    ledger,
    random,
    time,
    later,
    switches: () => switches,
    onNotWritable,
  });
  const server = await startLoopbackServer({
    port: options.port ?? 0,
    maxBodyBytes: MAX_BODY_BYTES,
    serve: async (request, response) => {
      if (!service.handle(request, response)) handleControl(simulator, request, response);
    },
  });

  const simulator: Simulator = {
    url: server.url,
    ledger,
    faults,
    vaults,
    ledgerSummary: () => ({
      calls: ledger.counts(),
      bindings: { ns1: vaults.ns1.bindingCount, ns2: vaults.ns2.bindingCount },
    }),
    switches: () => switches,
    turn: (changes) => {
      switches = switchesFrom(changes, switches);
      return switches;
    },
    wipe(seed) {
      journal?.wipe();
      if (seed !== undefined) generator = seededRandom(seed);
      vaults.ns1.wipe();
      vaults.ns2.wipe();
      ledger.reset();
    },
    async close() {
      for (const cancel of waiting) cancel();
      await server.close(0);
    },
  };
  return simulator;
}
