import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { certificateFaults, faultsAtUrl } from '../../../lambdas/tome/profile/namespace-addresses.ts';
import { randomFirstSerial } from '../../local/made-up-cards.ts';
import { InvalidArguments } from '../../program/invalid-arguments.ts';
import { parseOptions } from '../../program/options.ts';
import { findTargetFaults, hostsOf } from '../wire/target-guard.ts';
import { type Draft, readDraft } from './read-draft.ts';

export interface ProbeArguments {
  readonly url: string;
  readonly draft: Draft;
  readonly serial: number;
  readonly tokens: number;
  readonly rate: boolean;
  /** The file for the profile; `null` without `--write`. */
  readonly file: string | null;
}

export const USAGE = `npm run probe -- --url URL [--profile DRAFT] [--tokens N] [--rate] [--write FILE]
                 [--lower-environment]

Asks a TOME how it behaves where its contract is not confirmed, prints the settings that follow, and
writes the profile that follows (docs/tome.md). It makes a dozen calls, binds one made-up card
permanently and uses up the tokens of two prefetches. Use it in UAT, not in production.

  --url URL        TOME's base address
  --profile DRAFT  what calls cannot show: names, paths, headers and authentication. The name of a
                   profile of this repository, or a file; other lines may be missing or wrong
                   (simulator)
  --tokens N       tokens of each prefetch, 3 to 5000 (200). 100 show what tokens look like, 5000
                   show the largest prefetch
  --rate           also looks for the rate limit: three bursts of 400 lookups, then up to 6000
                   lookups in a few seconds
  --write FILE     writes the profile to a new file. Lines that the probe could not learn are listed
                   in "unknown": ask the owners of TOME (docs/onboarding.md), then remove them
  --serial N       number of the made-up card to bind; use another one if TOME has this card already
                   (random)
  --lower-environment
                   the host has no real cards; needed for a host that is not on this machine
  --production     together with --yes-this-is-production: calls production
  --help           prints this text

The credential comes from TOME_CREDENTIAL or standard input, never from an argument.
Then test the profile: npm run tome:conformance -- --profile FILE --url URL --lower-environment
`;

/** The options, or `null` for `--help`. Throws InvalidArguments, which names all faults at once. */
export function parseProbeOptions(args: readonly string[], random: () => number): ProbeArguments | null {
  const values = parseOptions(args, {
    url: { type: 'string' },
    profile: { type: 'string', default: 'simulator' },
    serial: { type: 'string', default: String(randomFirstSerial(random)) },
    tokens: { type: 'string', default: '200' },
    rate: { type: 'boolean', default: false },
    write: { type: 'string' },
    'lower-environment': { type: 'boolean', default: false },
    production: { type: 'boolean', default: false },
    'yes-this-is-production': { type: 'boolean', default: false },
  });
  if (values === null) return null;
  const { url = '', serial, tokens, rate, write = null } = values;
  const faults: string[] = [];
  const draft = readDraft(values.profile);
  if ('faults' in draft) faults.push(...draft.faults.map((fault) => `--profile: ${fault}.`));
  const isUrl = /^https?:\/\/\S+$/.test(url) && URL.canParse(url);
  if (url === '') faults.push('--url URL is missing: the base address of TOME.');
  else if (!isUrl) faults.push('--url must be an http or https address.');
  if (!/^\d{1,9}$/.test(serial)) faults.push('--serial must be a whole number of at most nine digits.');
  if (!/^\d{1,4}$/.test(tokens) || Number(tokens) < 3 || Number(tokens) > 5_000) {
    faults.push('--tokens must be a whole number from 3 to 5000.');
  }
  if (write !== null) faults.push(...newFileFaults(write));
  if (isUrl && !('faults' in draft)) {
    faults.push(
      ...[...certificateFaults(draft.profile), ...faultsAtUrl(draft.profile, url, '--url')].map(
        (fault) => `--profile: ${fault}.`,
      ),
      ...findTargetFaults({
        hosts: hostsOf(draft.profile, url),
        environment: null,
        isLowerEnvironment: values['lower-environment'],
        isProduction: values.production,
        isConfirmed: values['yes-this-is-production'],
      }),
    );
  }
  if (faults.length > 0 || 'faults' in draft) throw new InvalidArguments(faults);
  return { url, draft, serial: Number(serial), tokens: Number(tokens), rate, file: write };
}

/** Why a file cannot be created. An existing one can have answers of TOME's owners. */
function newFileFaults(file: string): readonly string[] {
  if (existsSync(file)) return [`--write: ${file} exists already. Name a new file.`];
  const folder = dirname(file);
  if (!existsSync(folder)) return [`--write: there is no folder ${folder}. Create it first.`];
  try {
    accessSync(folder, constants.W_OK);
    return [];
  } catch {
    return [`--write: ${folder} cannot be written.`];
  }
}
