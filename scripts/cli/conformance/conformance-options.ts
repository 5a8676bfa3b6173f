import { existsSync, readFileSync } from 'node:fs';
import { findUrlFaults } from '../../../lambdas/runtime/url-faults.ts';
import { faultsAtUrl } from '../../../lambdas/tome/profile/namespace-addresses.ts';
import { readTomeProfile } from '../../../lambdas/tome/profile/read-profile.ts';
import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import { type Environment, PRODUCER_DOMAINS } from '../../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../../lib/environments/environments.ts';
import { profileTextOf } from '../../../lib/environments/tome-of-domain.ts';
import { LAST_FIRST_SERIAL, randomFirstSerial } from '../../local/made-up-cards.ts';
import { InvalidArguments } from '../../program/invalid-arguments.ts';
import { parseOptions } from '../../program/options.ts';
import { findTargetFaults, hostsOf } from '../wire/target-guard.ts';

/** The command to print all rules. */
export interface ListRules {
  readonly list: true;
}

export interface ConformanceOptions {
  readonly list: false;
  /** The name of a profile of the repository, or its JSON. */
  readonly profileText: string;
  readonly profile: TomeProfile;
  /** TOME_URL; `null` if the profile has the addresses of both namespaces. */
  readonly url: string | null;
  readonly hosts: readonly string[];
  readonly tokens: number;
  readonly mostCalls: number;
  readonly serial: number;
  readonly waitSeconds: number;
  readonly rate: boolean;
  readonly json: boolean;
}

export const FEWEST_TOKENS = 20;

const USAGE_HEAD = `npm run tome:conformance -- --profile P --url URL [options]
npm run tome:conformance -- --env NAME [options]

Tests whether a TOME, or a bridge to one, keeps every rule that the product depends on. It calls it
with the product's own client and settings, and says of each rule whether it passed, failed or was
not tried, and what in the profile or in TOME must change.
`;

export const USAGE = `${USAGE_HEAD}
  --profile P          the name of a profile of this repository, or a file with one
                       (docs/tome.md; npm run probe writes one)
  --url URL            TOME's base address (TOME_URL)
  --env NAME           takes both from an environment: ${Object.keys(ENVIRONMENTS).join(', ')}
  --domain NAME        ${PRODUCER_DOMAINS.join(' or ')}, with --env (card)
  --lower-environment  the host has no real cards; needed for a host that is not on this machine
  --tokens N           tokens that each namespace is asked for, ${FEWEST_TOKENS} to 5000 (40)
  --most-calls N       stops after so many calls, 1 to 100000 (200, with --rate 1500)
  --rate               also looks for the rate limit: at most three bursts of 400 calls
  --wait SECONDS       waits so long for an access token to expire, 0 to 86400 (0)
  --serial N           number of the first made-up card; use another one if TOME has it already
                       (random)
  --list               prints all rules and calls nothing
  --json               prints the result as JSON
  --production         together with --yes-this-is-production: runs although the target is
                       production; made-up cards stay bound there for good
  --help               prints this text

All card numbers are made up and begin with 400000. They, and the tokens that are bound to them,
stay bound. The credential comes from TOME_CREDENTIAL or standard input, never from an argument.
Other settings of docs/configuration.md, such as TOME_ATTEMPT_TIMEOUT_MS, come from the environment.
Exits with 0 when every rule that was tried passed, with 1 when one failed, with 3 when calls or
tokens ran out, and with 2 when the arguments are invalid or TOME cannot be reached.
`;

/** The options, or `null` for `--help`. Throws InvalidArguments, which names all faults at once. */
export function parseConformanceOptions(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
  random: () => number,
): ConformanceOptions | ListRules | null {
  const values = parseOptions(args, {
    profile: { type: 'string' },
    url: { type: 'string' },
    env: { type: 'string' },
    domain: { type: 'string', default: 'card' },
    'lower-environment': { type: 'boolean', default: false },
    production: { type: 'boolean', default: false },
    'yes-this-is-production': { type: 'boolean', default: false },
    tokens: { type: 'string', default: '40' },
    'most-calls': { type: 'string' },
    serial: { type: 'string' },
    wait: { type: 'string', default: '0' },
    rate: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  });
  if (values === null) return null;
  if (values.list) return { list: true };
  const faults: string[] = [];
  const number = (
    name: 'tokens' | 'most-calls' | 'serial' | 'wait',
    text: string,
    least: number,
    most: number,
  ): number => {
    const value = Number(text);
    if (!/^\d{1,9}$/.test(text) || value < least || value > most) {
      faults.push(`--${name} must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
  const environment = environmentOf(values.env, faults);
  const read = profileOf(values.profile ?? profileTextIn(environment, values.domain, faults), faults);
  const url = values.url ?? tomeUrlOf(environment) ?? variables['TOME_URL'] ?? null;
  const urlFaults = url === null ? [] : findUrlFaults(url, { schemes: ['http', 'https'], expected: URL_FORM });
  faults.push(...urlFaults.map((fault) => `--url ${fault}.`));
  const serial = values.serial ?? String(randomFirstSerial(random));
  const options = {
    list: false as const,
    url,
    tokens: number('tokens', values.tokens, FEWEST_TOKENS, 5_000),
    mostCalls: number('most-calls', values['most-calls'] ?? (values.rate ? '1500' : '200'), 1, 100_000),
    serial: number('serial', serial, 0, LAST_FIRST_SERIAL),
    waitSeconds: number('wait', values.wait, 0, 86_400),
    rate: values.rate,
    json: values.json,
  };
  if (read === null || urlFaults.length > 0) throw new InvalidArguments(faults);
  const { ns1, ns2 } = read.profile.namespaces;
  if (url === null && (ns1.url === undefined || ns2.url === undefined)) {
    faults.push('--url URL is missing: the base address of TOME.');
  }
  if (url !== null) faults.push(...faultsAtUrl(read.profile, url, '--url').map((fault) => `--profile: ${fault}.`));
  const hosts = hostsOf(read.profile, url);
  faults.push(
    ...findTargetFaults({
      hosts,
      environment,
      isLowerEnvironment: values['lower-environment'],
      isProduction: values.production,
      isConfirmed: values['yes-this-is-production'],
    }),
  );
  if (faults.length > 0) throw new InvalidArguments(faults);
  return { ...options, profileText: read.text, profile: read.profile, hosts };
}

const URL_FORM = 'must be an http or https address';

const tomeUrlOf = (environment: Environment | null): string | null =>
  environment?.kind === 'aws' ? environment.tome.url : null;

function environmentOf(name: string | undefined, faults: string[]): Environment | null {
  if (name === undefined) return null;
  const environment = Object.values(ENVIRONMENTS).find((one) => one.name === name);
  if (environment === undefined) faults.push(`--env must be one of ${Object.keys(ENVIRONMENTS).join(', ')}.`);
  return environment ?? null;
}

/** The profile of a domain of the environment; `undefined` without an environment. */
function profileTextIn(environment: Environment | null, name: string, faults: string[]): string | undefined {
  if (environment === null) return undefined;
  const domain = PRODUCER_DOMAINS.find((one) => one === name);
  const settings = domain === undefined ? undefined : environment.domains[domain];
  if (settings === undefined) faults.push(`--domain must be one of ${Object.keys(environment.domains).join(', ')}.`);
  return settings === undefined ? undefined : profileTextOf(environment, settings);
}

function profileOf(given: string | undefined, faults: string[]): { text: string; profile: TomeProfile } | null {
  if (given === undefined) {
    if (faults.length === 0) faults.push('--profile P is missing: the name of a profile, or a file with one.');
    return null;
  }
  const text = existsSync(given) ? readFileSync(given, 'utf8') : given;
  const read = readTomeProfile(text);
  if ('profile' in read) return { text, profile: read.profile };
  faults.push(...read.faults.map((fault) => `--profile: ${fault}.`));
  return null;
}
