import { sourceFormOf } from '../../../lambdas/composition/domain-settings.ts';
import { readSettings } from '../../../lambdas/runtime/settings.ts';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import type { Clock } from '../../../lambdas/tokenization/ports/clock.ts';
import { vocabularyOfDomain } from '../../../lambdas/vocabulary.ts';
import { identityVariables, variablesOf } from '../../../lib/environments/domain-settings.ts';
import type { DomainSettings, Environment, ProducerDomain } from '../../../lib/environments/environment.ts';
import { stackIdentity } from '../../../lib/environments/stack-identity.ts';
import { madeUpSource } from '../../local/made-up-sources.ts';
import type { Sender } from '../../performance/load/sender.ts';
import { CannotTry } from '../conformance/cannot-try.ts';
import { failed, notTried, type Verdict } from '../conformance/check.ts';
import { CannotAskAws, NotThere } from './aws-refusals.ts';
import type { Check } from './check.ts';
import { alarmChecks } from './checks/alarm-checks.ts';
import { apiChecks } from './checks/api-checks.ts';
import { auditCheck } from './checks/audit-check.ts';
import { metricChecks } from './checks/metric-checks.ts';
import { queueCheck } from './checks/queue-check.ts';
import { stackChecks } from './checks/stack-checks.ts';
import type { DeployedAccount, DeployedStack } from './deployed-account.ts';
import type { DomainContext } from './domain-context.ts';

export interface DomainToVerify {
  readonly environment: Environment;
  readonly domain: ProducerDomain;
  readonly account: DeployedAccount;
  /** Opens the API at the address of the output. Throws CannotSign. */
  readonly openApi: (apiUrl: string) => Sender;
  readonly mayCreate: boolean;
  readonly waitSeconds: number;
  readonly serial: number;
  /** For pauses. The clock of this process by default; tests pass another. */
  readonly clock?: Clock;
  readonly dateMs?: () => number;
  readonly random?: () => number;
}

export type CheckResult = { readonly domain: ProducerDomain } & Pick<Check, 'id' | 'sentence' | 'remedy'> & Verdict;

/** The audit record and the metrics come last, because they arrive late. */
const CHECKS: readonly Check[] = [
  ...stackChecks,
  ...apiChecks,
  ...alarmChecks,
  queueCheck,
  auditCheck,
  ...metricChecks,
];

const POLL_MS = 5_000;

/** Runs all checks of one domain. Rejects with CannotAskAws, and with CannotSign. */
export async function verifyDomain(target: DomainToVerify): Promise<readonly CheckResult[]> {
  const { domain, mayCreate, openApi } = target;
  const stacks = await readStacks(target);
  let sender: Sender | null = null;
  const context = contextOf(target, stacks, (apiUrl) => {
    sender ??= openApi(apiUrl);
    return sender;
  });
  const verdicts = new Map<string, Verdict>();
  try {
    for (const check of CHECKS) verdicts.set(check.id, await verdictOf(check, context, verdicts, mayCreate));
  } finally {
    (sender as Sender | null)?.close();
  }
  return CHECKS.map(({ id, sentence, remedy }) => ({
    domain,
    id,
    sentence,
    remedy,
    ...(verdicts.get(id) ?? notTried('it was left out')),
  }));
}

async function verdictOf(
  { id, needs, creates, run }: Check,
  context: DomainContext,
  verdicts: ReadonlyMap<string, Verdict>,
  mayCreate: boolean,
): Promise<Verdict> {
  if (creates && !mayCreate) {
    return notTried('this is production: it needs --production and --yes-this-is-production');
  }
  const unmet = needs.find((needed) => verdicts.get(needed)?.result !== 'passed');
  if (unmet !== undefined) return notTried(`${id} needs ${unmet}`);
  try {
    return await run(context);
  } catch (error) {
    if (error instanceof CannotTry) return notTried(error.message);
    if (error instanceof NotThere) return failed(error.message);
    throw error;
  }
}

async function readStacks({ environment, domain, account }: DomainToVerify) {
  const names = [
    ...(environment.kind === 'aws' ? [stackIdentity(environment, 'network')] : []),
    ...(['data', 'service', 'observability'] as const).map((lifecycle) =>
      stackIdentity(environment, lifecycle, domain),
    ),
  ].map(({ stackName = '' }) => stackName);
  const stacks = new Map<string, DeployedStack | null>();
  try {
    for (const name of names) stacks.set(name, await account.stack(name));
  } catch (error) {
    // Without the outputs of the stacks nothing can be checked.
    if (error instanceof CannotTry) throw new CannotAskAws(`The stacks cannot be read: ${error.message}.`);
    throw error;
  }
  return stacks;
}

function contextOf(
  target: DomainToVerify,
  stacks: ReadonlyMap<string, DeployedStack | null>,
  open: (apiUrl: string) => Sender,
): DomainContext {
  const { environment, domain, account, serial, waitSeconds, clock = systemClock, dateMs = Date.now } = target;
  const settings = environment.domains[domain] as DomainSettings;
  const variables = {
    ...variablesOf('domain', settings.settings),
    ...identityVariables(environment, domain, settings),
  };
  const form = sourceFormOf(readSettings(['domain'], variables));
  const { stackName: serviceStack = '' } = stackIdentity(environment, 'service', domain);
  let used = 0;
  return {
    environment,
    domain,
    vocabulary: vocabularyOfDomain(domain),
    account,
    stacks,
    api: () => open(stacks.get(serviceStack)?.outputs['ApiUrl'] ?? ''),
    freshSource: () => madeUpSource(serial + used++, form),
    correlationId: correlationIdOf(target.random ?? Math.random),
    dateMs,
    async eventually(ask, holds) {
      const untilMs = clock.monotonicMs() + waitSeconds * 1_000;
      for (;;) {
        const value = await ask();
        if (holds(value) || clock.monotonicMs() >= untilMs) return value;
        await clock.sleep(POLL_MS);
      }
    },
    startedMs: dateMs(),
    answered: { create: 0, replay: 0, lookup: 0, detokenize: 0 },
    created: [],
  };
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Letters only: digits could be taken for a card number, and the id would be replaced. */
const correlationIdOf = (random: () => number): string =>
  `verify-${Array.from({ length: 20 }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join('')}`;
