import { type Environment, PRODUCER_DOMAINS, type ProducerDomain } from '../../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../../lib/environments/environments.ts';
import { LAST_FIRST_SERIAL, randomFirstSerial } from '../../local/made-up-cards.ts';
import { InvalidArguments } from '../../program/invalid-arguments.ts';
import { parseOptions } from '../../program/options.ts';

export interface VerifyOptions {
  readonly environment: Environment;
  readonly domains: readonly ProducerDomain[];
  /** Whether made-up cards and accounts may be created. */
  readonly mayCreate: boolean;
  /** Seconds that a check waits for metrics and log lines. */
  readonly waitSeconds: number;
  /** The number of the first made-up card or account. */
  readonly serial: number;
  readonly json: boolean;
}

const NAMES = Object.keys(ENVIRONMENTS);

const LONGEST_WAIT_SECONDS = 3_600;

export const USAGE = `npm run verify -- --env NAME [options]

Proves a deployment: stacks, pool, API, calls to TOME, alarms, audit record, dead-letter queues and
e-mail subscriptions. It says of each check whether it passed, failed or was not tried, and what to
do. Run it after each deployment.

  --env NAME           ${NAMES.join(', ')}
  --domain NAME        ${PRODUCER_DOMAINS.join(' or ')} (all domains of the environment)
  --wait SECONDS       how long to wait for metrics and log lines, 0 to ${LONGEST_WAIT_SECONDS} (300)
  --serial N           number of the first made-up card or account (random)
  --json               prints the result as JSON
  --production         together with --yes-this-is-production: also creates made-up cards in
                       production, where they stay bound for good; without both it only reads
  --help               prints this text

Credentials come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. The role needs
the policy in docs/deployment.md#verify-a-deployment. For the environment local, AWS_ENDPOINT_URL is
the address of the emulator.
Exits with 0 when every check that was tried passed, with 1 when one failed, and with 2 when the
arguments or the credentials are invalid or AWS cannot be reached.
`;

/** The options, or `null` for `--help`. Throws InvalidArguments, which names all faults at once. */
export function parseVerifyOptions(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
  random: () => number,
): VerifyOptions | null {
  const values = parseOptions(args, {
    env: { type: 'string' },
    domain: { type: 'string' },
    wait: { type: 'string', default: '300' },
    serial: { type: 'string' },
    json: { type: 'boolean', default: false },
    production: { type: 'boolean', default: false },
    'yes-this-is-production': { type: 'boolean', default: false },
  });
  if (values === null) return null;
  const faults: string[] = [];
  const number = (name: 'wait' | 'serial', text: string, most: number): number => {
    const value = Number(text);
    if (!/^\d{1,9}$/.test(text) || value > most) faults.push(`--${name} must be a whole number from 0 to ${most}.`);
    return value;
  };
  const environment = Object.values(ENVIRONMENTS).find(({ name }) => name === values.env);
  const isConfirmed = values.production && values['yes-this-is-production'];
  if (environment === undefined) faults.push(`--env must be one of ${NAMES.join(', ')}.`);
  if (values.production !== values['yes-this-is-production']) {
    faults.push('--production and --yes-this-is-production must be given together.');
  }
  if (isConfirmed && environment?.isProduction === false) {
    faults.push(`--production is given, and ${environment.name} is not production.`);
  }
  if (environment?.kind === 'emulator' && !variables['AWS_ENDPOINT_URL']) {
    faults.push(`AWS_ENDPOINT_URL is missing: the address of the emulator of ${environment.name}.`);
  }
  const known = environment === undefined ? PRODUCER_DOMAINS : domainsOf(environment);
  if (values.domain !== undefined && !known.some((domain) => domain === values.domain)) {
    faults.push(`--domain must be one of ${known.join(', ')}.`);
  }
  const waitSeconds = number('wait', values.wait, LONGEST_WAIT_SECONDS);
  const serial = number('serial', values.serial ?? String(randomFirstSerial(random)), LAST_FIRST_SERIAL);
  if (environment === undefined || faults.length > 0) throw new InvalidArguments(faults);
  return {
    environment,
    domains: known.filter((domain) => values.domain === undefined || domain === values.domain),
    mayCreate: !environment.isProduction || isConfirmed,
    waitSeconds,
    serial,
    json: values.json,
  };
}

const domainsOf = ({ domains }: Environment): readonly ProducerDomain[] =>
  PRODUCER_DOMAINS.filter((domain) => domains[domain] !== undefined);
