import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import { type ServerCertificates, startLoopbackServer } from '../program/loopback/loopback-server.ts';
import { AccessTokens } from './access/access-tokens.ts';
import { accessRefusal } from './access/call-access.ts';
import { randomCredential, readOAuthClient, type SigningKeys } from './access/credential.ts';
import { TokenEndpoint } from './access/token-endpoint.ts';
import { bindElsewhere } from './bindings-elsewhere.ts';
import { handleControl, type SimulatorControls } from './control.ts';
import { Faults } from './faults.ts';
import { Journal } from './journal.ts';
import { Ledger } from './ledger.ts';
import type { FileNotWritable } from './line-file.ts';
import { seededRandom } from './seeded-random.ts';
import { defaultProfile, reachableProfile, servedPaths } from './served-profile.ts';
import { type SimulatorTime, systemTime } from './simulator-time.ts';
import { changedSwitches, type SwitchChanges, switchesOf } from './switches.ts';
import { TomeService } from './tome-service.ts';
import { Vault } from './vault.ts';

export interface SimulatorOptions {
  /** 0, the default, selects a free port. */
  readonly port?: number;
  /** The TOME to serve: its paths, headers, token forms, authentication and limits. */
  readonly profile?: TomeProfile;
  readonly seed?: number;
  /** Differences from the profile. */
  readonly switches?: SwitchChanges;
  /**
   * The file of the journal, and the installation that it belongs to. Without it all data is in
   * memory only.
   */
  readonly journal?: { readonly path: string; readonly installation: string };
  /** The clock of latency, rate limit and token expiry. Tests pass a virtual one. */
  readonly time?: SimulatorTime;
  /** What a client must send, in the form that the profile asks for. Made up if it is absent. */
  readonly credential?: string | undefined;
  /** The keys of the role that signs calls, if the profile asks for a signature. */
  readonly signingKeys?: SigningKeys;
  /** With certificates the simulator serves HTTPS, and asks the client for a certificate. */
  readonly certificates?: ServerCertificates;
}

export interface Simulator extends SimulatorControls {
  readonly url: string;
  /**
   * The settings with which the product reaches this simulator: address, profile and credential.
   */
  readonly clientSettings: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Larger than a bulk call of 500 items, the largest request. */
const MAX_BODY_BYTES = 200_000;

/** The keys that `npm start` gives to the functions. */
const LOCAL_KEYS: SigningKeys = { accessKeyId: 'local', secretAccessKey: 'local' };

/**
 * Starts a simulator of TOME's contract (docs/design.md#calling-tome) on loopback. Rejects when the
 * port is in use, with the errors of Journal, with RangeError for a credential that has not the
 * form of the profile, and with zod's error for an invalid switch.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { profile = defaultProfile(), time = systemTime, certificates } = options;
  let generator = seededRandom(options.seed ?? 1);
  const random = (): number => generator();
  const journal =
    options.journal === undefined ? null : new Journal(options.journal.path, options.journal.installation, profile);
  const { ns1, ns2 } = profile.namespaces;
  const vaults = {
    ns1: new Vault('ns1', ns1.token, random, journal),
    ns2: new Vault('ns2', ns2.token, random, journal),
  };
  const faults = new Faults(random);
  const ledger = new Ledger();
  let switches = changedSwitches(switchesOf(profile), options.switches ?? {});

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
  const { authentication } = profile;
  const madeUp = randomCredential(authentication);
  const credential = madeUp === null ? null : (options.credential ?? madeUp);
  const accessTokens = new AccessTokens();
  const paths = servedPaths(profile);
  const parts = { faults, ledger, time, later, switches: () => switches };
  const access = { authentication, credential, signingKeys: options.signingKeys ?? LOCAL_KEYS, accessTokens, time };
  const service = new TomeService({
    ...parts,
    profile,
    paths,
    vaults,
    random,
    accessRefusal: (request) => accessRefusal(request, access),
    onNotWritable,
  });
  const tokenEndpoint =
    authentication.kind === 'oauth2' && paths.tokenEndpoint !== null
      ? new TokenEndpoint({
          ...parts,
          path: paths.tokenEndpoint,
          authentication,
          client: readOAuthClient(credential ?? ''),
          accessTokens,
        })
      : null;
  const server = await startLoopbackServer({
    port: options.port ?? 0,
    maxBodyBytes: MAX_BODY_BYTES,
    ...(certificates === undefined ? {} : { certificates }),
    serve: async (request, response) => {
      if (service.handle(request, response) || tokenEndpoint?.handle(request, response) === true) return;
      handleControl(simulator, request, response);
    },
  });

  const simulator: Simulator = {
    url: server.url,
    clientSettings: {
      TOME_URL: server.url,
      TOME_PROFILE: JSON.stringify(reachableProfile(profile, server.url, certificates !== undefined)),
      ...(credential === null ? {} : { TOME_CREDENTIAL: credential }),
    },
    ledger,
    faults,
    vaults,
    ledgerSummary: () => ({
      calls: ledger.counts(),
      tokenRequests: ledger.tokenRequests(),
      bindings: { ns1: vaults.ns1.bindingCount, ns2: vaults.ns2.bindingCount },
    }),
    switches: () => switches,
    turn: (changes) => {
      switches = changedSwitches(switches, changes);
      return switches;
    },
    bindElsewhere: (order) => bindElsewhere(order, { vaults, switches, random, nowMs: time.dateMs() }),
    revokeAccessTokens: () => accessTokens.revokeAll(),
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
