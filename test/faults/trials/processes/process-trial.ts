import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../../../lambdas/pool/database/database.ts';
import type { TomeProfile } from '../../../../lambdas/tome/profile/tome-profile.ts';
import { seededRandom } from '../../../../scripts/simulator/seeded-random.ts';
import { withCallsPerSecond } from '../../../support/tome-profiles.ts';
import { readDatabase } from '../../checker/evidence.ts';
import { findViolations, type Violation } from '../../checker/invariants.ts';
import { ClientLoad } from './client-load.ts';
import { TargetProcess } from './target-process.ts';
import { startTrialStack } from './trial-stack.ts';

export interface TrialSize {
  readonly kills: number;
  readonly databaseCrashes: number;
  readonly ambiguousCommits: number;
  readonly freezes: number;
}

export interface TrialResult extends TrialSize {
  readonly operations: number;
  readonly acknowledgedCreates: number;
  readonly lostCreates: number;
  readonly violations: readonly Violation[];
}

/** Shorter than a freeze, so that a frozen process continues with a settled reservation. */
const HORIZON_SECONDS = 2;
/** After so many cut commits one creation must succeed. */
const CUTS_IN_A_ROW = 5;
const FREEZE_MS = 3_000;
const TARGETS = 2;
const CLIENTS = 8;

/**
 * Kills and stops API processes, kills the database server, and cuts connections between a commit
 * and its answer, while clients work. Then the jobs run and the checker checks.
 */
export async function runProcessTrial(
  size: TrialSize,
  { seed, profile }: { readonly seed: number; readonly profile: TomeProfile },
  onProgress: (text: string) => void,
): Promise<TrialResult> {
  const random = seededRandom(seed);
  const stack = await startTrialStack({
    seed,
    profile: withCallsPerSecond(profile, 5_000),
    switches: { latencyMs: 3, rateLimitScope: 'off' },
    settings: {
      DATABASE_QUERY_TIMEOUT_MS: '1000',
      REQUEST_DEADLINE_MS: '1000',
      TOME_ATTEMPT_TIMEOUT_MS: '300',
      TOME_BREAKER_FAILURES: '50',
      TOME_BATCH_CALLS_PER_SECOND: '2000',
      RESERVATION_HORIZON_SECONDS: String(HORIZON_SECONDS),
      RELAY_LEASE_SECONDS: '1',
      POOL_TARGET_MIN: '400',
      POOL_COVER_MINUTES: '0',
      PREFETCH_LEASE_SECONDS: '3',
      PREFETCH_TIME_LIMIT_MS: '10000',
      DIRECT_CREATIONS_PER_SECOND: '50',
    },
  });
  const { simulator, queue, toDatabase, toTome, environment } = stack;
  let output = '';
  const targets = Array.from(
    { length: TARGETS },
    () =>
      new TargetProcess(environment, (text) => {
        output = (output + text).slice(-4_000_000);
      }),
  );
  await Promise.all(targets.map((target) => target.start()));
  const urls = (): readonly string[] => targets.flatMap(({ url }) => url ?? []);
  const runJob = async (job: string): Promise<void> => {
    const [url] = urls();
    if (url !== undefined)
      await fetch(`${url}/_local/jobs/${job}`, { method: 'POST', signal: AbortSignal.timeout(15_000) }).catch(
        () => undefined,
      );
  };
  let isOver = false;
  const jobs = ['prefetch', 'settle-reservations', 'relay-events'].map(async (job) => {
    while (!isOver) {
      await runJob(job);
      await sleep(400);
    }
  });
  await runJob('prefetch');
  const load = new ClientLoad(urls, random);
  load.start(CLIENTS);
  const done = { kills: 0, databaseCrashes: 0, freezes: 0 };

  const killing = targets.map(async (target) => {
    while (done.kills < size.kills) {
      await load.untilAcknowledged(2);
      await sleep(150 + random() * 500);
      done.kills += 1;
      await target.kill();
      await target.start();
      if (done.kills % 50 === 0) onProgress(`${done.kills} kills, ${load.answers.length} answers`);
    }
  });
  await Promise.all(killing);

  onProgress(`${done.kills} processes killed; next, connections are cut`);
  while (toDatabase.cutAnswers < size.ambiguousCommits) {
    toDatabase.breakNext('cut-answer', isExecution);
    if (random() < 0.1)
      toDatabase.breakNext(
        (['reset', 'close', 'black-hole'] as const)[Math.floor(random() * 3)] ?? 'reset',
        isExecution,
      );
    if (random() < 0.1) toTome.breakNext('cut-answer', (chunk) => chunk.includes(profile.operations.tokenize));
    if (toDatabase.cutAnswers % CUTS_IN_A_ROW === 0) await load.untilAcknowledged(1);
    await sleep(12 + random() * 20);
  }

  onProgress(`${toDatabase.cutAnswers} commits cut; next, the database is killed`);
  while (done.databaseCrashes < size.databaseCrashes) {
    await load.untilAcknowledged(5);
    await sleep(300 + random() * 500);
    await stack.killDatabase();
    await stack.restartDatabase();
    done.databaseCrashes += 1;
    if (done.databaseCrashes % 10 === 0)
      onProgress(`${done.databaseCrashes} database crashes, ${load.answers.length} answers`);
  }

  onProgress(`${done.databaseCrashes} database crashes; next, processes are frozen`);
  const freezing = targets.map(async (target, index) => {
    while (done.freezes < size.freezes) {
      await load.untilAcknowledged(2);
      await sleep(100 + index * 400 + random() * 300);
      done.freezes += 1;
      target.freeze();
      await sleep(FREEZE_MS);
      target.thaw();
    }
  });
  // The settler must run while both processes are frozen.
  const settler = new TargetProcess(environment, () => undefined);
  if (size.freezes > 0) await settler.start();
  const settling = (async () => {
    while (done.freezes < size.freezes) {
      if (settler.url !== null)
        await fetch(`${settler.url}/_local/jobs/settle-reservations`, { method: 'POST' }).catch(() => undefined);
      await sleep(300);
    }
  })();
  await Promise.all([...freezing, settling]);

  onProgress(`${done.freezes} freezes; next, the clients stop`);
  await load.stop();
  await sleep(HORIZON_SECONDS * 1_000 + 1_200);
  isOver = true;
  await Promise.all(jobs);
  for (const job of ['prefetch', 'settle-reservations', 'prefetch', 'relay-events']) await runJob(job);
  onProgress('at rest; next, the checker runs');

  const sql = connect(stack.databaseUrl, { maxConnections: 1, prepare: true });
  const { ns1, ns2 } = simulator.vaults;
  const bound = new Map(ns1.bindings());
  const violations = findViolations(
    {
      ...(await readDatabase(sql)),
      tome: {
        ns1: bound,
        ns2: new Map(ns2.bindings()),
        issued: {
          ns1: ns1.issuedTokens().map(({ token }) => token),
          ns2: ns2.issuedTokens().map(({ token }) => token),
        },
      },
      answers: load.answers,
      events: queue.events as { eventId: string; cardReferenceId: string }[],
      disclosures: [...output.matchAll(/card number disclosed.*?"cardReference":"(\d+)"/g)].map(
        ([, cardReference]) => ({ cardReference: cardReference ?? '' }),
      ),
      dispatches: [],
      claims: new Map(),
      keyUses: [],
      forms: [{ profile, referenceFormat: 'card-networks' }],
      restored: 'never',
      output: `${output}\n${stack.writtenFiles()}`,
    },
    true,
  );
  // With few acknowledged creations the trial would test nothing.
  if (load.acknowledged < done.kills + done.freezes) {
    violations.push({ invariant: 'enough load', message: `only ${load.acknowledged} creations were acknowledged` });
  }
  for (const { lastOutput } of targets) {
    if (lastOutput === null) continue;
    const message = `an API process ended without being killed: ${lastOutput.slice(-600)}`;
    violations.push({ invariant: 'no unexpected error', message });
  }
  for (const target of targets) if (target.lastOutput !== null) await target.start();
  const acknowledged = load.answers.filter(({ operation, status }) => operation === 'create' && status < 300);
  const lost = await countLost(acknowledged, urls);
  await Promise.all([...targets, settler].map((target) => target.kill()));
  await sql.end({ timeout: 1 });
  await stack.close();
  return {
    ...done,
    ambiguousCommits: toDatabase.cutAnswers,
    operations: load.answers.length,
    acknowledgedCreates: acknowledged.length,
    lostCreates: lost,
    violations:
      lost > 0 ? [...violations, { invariant: 'I4', message: `${lost} acknowledged creations are lost` }] : violations,
  };
}

/** True for a Sync message of PostgreSQL's protocol, which commits an autocommitted statement. */
const isExecution = (chunk: Buffer): boolean => chunk.length > 60 && chunk.includes(Buffer.from([0x53, 0, 0, 0, 4]));

/** Counts acknowledged references that the product does not detokenize to their card. */
async function countLost(
  acknowledged: readonly { readonly card?: string; readonly reference?: string }[],
  urls: () => readonly string[],
): Promise<number> {
  const byReference = new Map(acknowledged.map(({ card, reference }) => [reference, card]));
  let lost = 0;
  for (const [reference, card] of byReference) {
    if ((await cardBehind(reference, urls)) !== card) lost += 1;
  }
  return lost;
}

/** Detokenizes a reference. Repeats the request when it fails, as a client would. */
async function cardBehind(reference: string | undefined, urls: () => readonly string[]): Promise<string | undefined> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const url = urls()[attempt % urls().length];
    const response = await fetch(`${url}/v1/references/detokenize`, {
      method: 'POST',
      body: JSON.stringify({ cardReferenceId: reference }),
    }).catch(() => null);
    if (response?.ok === true) return ((await response.json()) as { cardNumber?: string }).cardNumber;
    await sleep(200);
  }
  return undefined;
}
