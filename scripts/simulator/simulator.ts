import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Namespace } from '../../lambdas/tome/contract.ts';
import { handleControl } from './control.ts';
import { Faults } from './faults.ts';
import { Journal } from './journal.ts';
import { type CallCount, Ledger } from './ledger.ts';
import { seededRandom } from './seeded-random.ts';
import { type SwitchChanges, type Switches, switchesFrom } from './switches.ts';
import { TomeService } from './tome-service.ts';
import { Vault } from './vault.ts';

export interface SimulatorOptions {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  readonly seed?: number;
  readonly switches?: SwitchChanges;
  /** Where it remembers, and the installation that the memory belongs to. Without it everything is gone with the process. */
  readonly journal?: { readonly path: string; readonly installation: string };
}

export interface LedgerSummary {
  readonly calls: readonly CallCount[];
  readonly bindings: Readonly<Record<Namespace, number>>;
}

export interface Simulator {
  readonly url: string;
  readonly ledger: Ledger;
  readonly faults: Faults;
  readonly vaults: Readonly<Record<Namespace, Vault>>;
  ledgerSummary(): LedgerSummary;
  switches(): Switches;
  turn(changes: SwitchChanges): Switches;
  /** Forgets everything, and begins anew with a seed if one is given. For use together with a wiped database, and never without. */
  wipe(seed?: number): void;
  close(): Promise<void>;
}

/** TOME as this project sees it, on loopback (brief 3). Rejects when the port is in use, or with ForeignJournal. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  let generator = seededRandom(options.seed ?? 1);
  const random = (): number => generator();
  const journal =
    options.journal === undefined ? null : new Journal(options.journal.path, options.journal.installation);
  const vaults = { ns1: new Vault('ns1', random, journal), ns2: new Vault('ns2', random, journal) };
  const faults = new Faults(random);
  const ledger = new Ledger();
  let switches = switchesFrom(options.switches ?? {});

  const timers = new Set<NodeJS.Timeout>();
  const later = (delayMs: number, work: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, delayMs);
    timers.add(timer);
  };

  const service = new TomeService({ vaults, faults, ledger, random, later, switches: () => switches });
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    service
      .handle(request, response)
      .then((handled) => (handled ? undefined : handleControl(simulator, request, response)))
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
  });

  const simulator: Simulator = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
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
      if (seed !== undefined) generator = seededRandom(seed);
      vaults.ns1.wipe();
      vaults.ns2.wipe();
      ledger.reset();
      journal?.wipe();
    },
    async close() {
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return simulator;
}
