import { sourceFormOf, vocabularyOf } from '../../lambdas/composition/domain-settings.ts';
import { type GroupName, type Settings, settingGroups } from '../../lambdas/runtime/setting-groups.ts';
import { readSettings } from '../../lambdas/runtime/settings.ts';
import { refuseUnknownSettings } from '../../lambdas/runtime/unknown-settings.ts';
import { readTomeProfile } from '../../lambdas/tome/profile/read-profile.ts';
import { CannotStart } from '../program/cannot-start.ts';
import { parseOptions } from '../program/options.ts';
import { beginProgram, endProgram } from '../program/run-program.ts';
import { useDomainDefaults } from './domain-defaults.ts';
import { placeholderCredential, refuseCredentialSecret, useLocalProfile } from './local-profile.ts';
import { localRates } from './local-rates.ts';
import { startLocalStack } from './local-stack.ts';
import { madeUpSource } from './made-up-sources.ts';

const USAGE = `npm start -- [--fence-first]

Runs the whole product on this machine: PostgreSQL, the TOME simulator, the jobs and the API.
Ctrl-C stops everything.

  --fence-first   use this after you restored the data directory from a copy: no unused pair of the
                  copy is used
  --help          prints this text

Settings are environment variables; docs/configuration.md has the tables. The most used ones:
  PORT=3000            the API's port
  DATA_DIR=folder      keeps the database and the data of the simulator; without it both are
                       removed at the end
  DATABASE_URL=url     uses that PostgreSQL instead of an embedded one
  POOL_TARGET_MIN=n    pairs in the pool
  TOME_PROFILE=name    the TOME that the simulator is: simulator, uat, sixteen-digits, the JSON of a
                       profile, or the path of a file with it (docs/tome.md)
  PRODUCER_DOMAIN=program   account numbers in place of card numbers
`;

/** Variables that only the local programs read. */
const LOCAL_VARIABLES = [
  'PORT',
  'DATA_DIR',
  'DEMO_CARDS',
  'DAY_FIRST_PAIRS',
  'TOME_PORT',
  'TOME_JOURNAL',
  'TOME_INSTALLATION',
  'TOME_SEED',
  'TOME_SWITCHES',
];

let isReady = false;

async function main({ fenceFirst }: { readonly fenceFirst: boolean }): Promise<number> {
  refuseUnknownSettings(process.env, LOCAL_VARIABLES);
  const port = portFrom('PORT', 3_000);
  const tomePort = portFrom('TOME_PORT', 0);
  useLocalProfile();
  refuseCredentialSecret();
  const settings = checkSettings();
  const stack = await startLocalStack({
    port,
    tomePort,
    dataDir: process.env['DATA_DIR'] || undefined,
    databaseUrl: process.env['DATABASE_URL'] || undefined,
    onProgress: show,
    fenceFirst,
  });
  isReady = true;
  process.stdout.write(`\nready ${stack.url}\n\n${exampleCommands(stack.url, settings)}\n`);
  const lastOutput = await stack.databaseLost;
  throw new CannotStart(
    `PostgreSQL ended by itself: ${lastOutput}\nCheck the free space of the disk, and start again. Answered requests are not lost.`,
  );
}

/**
 * Reports invalid settings before anything is started. The values below are placeholders for what
 * the stack provides later.
 */
function checkSettings(): Settings<'domain'> {
  useDomainDefaults();
  const read = readTomeProfile(process.env['TOME_PROFILE'] || 'simulator');
  const provided = {
    DATABASE_URL: 'postgres://provided/later',
    TOME_URL: 'http://provided.later',
    EVENT_QUEUE_URL: 'http://provided.later',
    IDEMPOTENCY_HMAC_SECRET: 'provided later, provided later, provided later',
    ...placeholderCredential(),
    ...('profile' in read ? localRates(read.profile) : {}),
  };
  return readSettings(Object.keys(settingGroups) as GroupName[], {
    ...provided,
    ...Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== '')),
  });
}

function portFrom(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return fallback;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new CannotStart(`${name} must be a port number.`);
  return Number(text);
}

function show(line: string): void {
  process.stdout.write(process.stdout.isTTY && line.startsWith('first prefetch') ? `\r${line}` : `${line}\n`);
}

/** A test card number from Visa's documentation. No customer has it. */
const EXAMPLE_CARD = '4111111111111111';

function exampleCommands(url: string, settings: Settings<'domain'>): string {
  const { items, fields } = vocabularyOf(settings);
  const form = sourceFormOf(settings);
  const source = form.kind === 'card-number' ? EXAMPLE_CARD : madeUpSource(1_234_567, form);
  const body = `-H 'Content-Type: application/json' -d '{"${fields.source.name}":"${source}"}'`;
  return `Try:
  curl -s ${url}/v1/${items} ${body}
  curl -s ${url}/v1/references/detokenize -H 'Content-Type: application/json' -d "$(curl -s ${url}/v1/${items}/lookup ${body})"
  curl -s ${url}/v1/pool
Ctrl-C stops everything.
`;
}

const options = beginProgram({
  usage: USAGE,
  parse(args) {
    const values = parseOptions(args, { 'fence-first': { type: 'boolean', default: false } });
    return values === null ? null : { fenceFirst: values['fence-first'] };
  },
  // Ctrl-C is the normal end of a stack that is ready.
  interruptedCode: (code) => (isReady ? 0 : code),
});
await endProgram(await main(options));
