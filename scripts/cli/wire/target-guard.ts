import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import type { Environment } from '../../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../../lib/environments/environments.ts';
import { readProfileOf } from '../../../lib/environments/tome-of-domain.ts';

/** What the command line says about the target. */
export interface Target {
  /** Every host where a card can be bound. */
  readonly hosts: readonly string[];
  /** The environment of `--env`; `null` without it. */
  readonly environment: Environment | null;
  /** `--lower-environment`. */
  readonly isLowerEnvironment: boolean;
  /** `--production`. */
  readonly isProduction: boolean;
  /** `--yes-this-is-production`. */
  readonly isConfirmed: boolean;
}

/**
 * A part of a host name that marks production, such as `prod`, `prod01` or `tomeprod1`. Words such
 * as `product`, `reproduce` and `delivery` do not.
 */
const PRODUCTION_WORD = /prod(?!uc)|prd|(?<!re)production|^live\d*$|(?<![oa])live\d+$/;

/** Such a name contains one of these words and means the opposite. */
const NON_PRODUCTION = /(^|[.-])non-?(production|prod|prd|live)\d*(?=[.-]|$)/g;

/** The hosts of TOME in an environment; none for the emulator, whose TOME is a simulator. */
function tomeHostsOf(environment: Environment): readonly string[] {
  if (environment.kind !== 'aws') return [];
  return Object.values(environment.domains).flatMap((settings) => {
    const read = readProfileOf(environment, settings);
    return 'profile' in read ? hostsOf(read.profile, environment.tome.url) : [];
  });
}

const PRODUCTION_HOSTS: ReadonlySet<string> = new Set(
  Object.values(ENVIRONMENTS)
    .filter(({ isProduction }) => isProduction)
    .flatMap(tomeHostsOf),
);

/** Whether a host is an environment's production TOME, or its name has a word for production. */
export const isProductionHost = (host: string): boolean =>
  PRODUCTION_HOSTS.has(host) ||
  host
    .toLowerCase()
    .replaceAll(NON_PRODUCTION, '')
    .split(/[.-]/)
    .some((word) => PRODUCTION_WORD.test(word));

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host);

/**
 * The hosts of both namespaces, without a duplicate. The token server is left out: no card is bound
 * there, and a bank can have one for all its environments.
 */
export function hostsOf({ namespaces }: Pick<TomeProfile, 'namespaces'>, url: string | null): readonly string[] {
  const urls = [namespaces.ns1.url ?? url, namespaces.ns2.url ?? url];
  return [...new Set(urls.flatMap((one) => (one === null ? [] : [new URL(one).hostname])))];
}

/**
 * Why the target must not be called, one sentence for each reason. The suite and the probe bind
 * made-up card numbers for good, so production has to be asked for twice, and every other host has
 * to be called a lower environment.
 */
export function findTargetFaults({
  hosts,
  environment,
  isLowerEnvironment,
  isProduction,
  isConfirmed,
}: Target): readonly string[] {
  const productionHosts = hosts.filter(isProductionHost);
  if (environment?.isProduction === true || productionHosts.length > 0) {
    const what = productionHosts.length > 0 ? productionHosts.join(', ') : environment?.name;
    return isProduction && isConfirmed
      ? []
      : [
          `${what} is production, where made-up cards would be bound for good: give both --production and --yes-this-is-production if you want that.`,
        ];
  }
  if (isProduction) return ['--production is given, and the target is not known as production.'];
  if (isLowerEnvironment) return [];
  const known = environment === null ? [] : tomeHostsOf(environment);
  return hosts
    .filter((host) => !isLoopback(host) && !known.includes(host))
    .map((host) => `${host} is not on this machine: give --lower-environment if it has no real cards.`);
}
