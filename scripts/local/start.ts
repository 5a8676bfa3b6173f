import { InvalidSettings, readSettings, settingGroups } from '../../lambdas/runtime/settings.ts';
import { CannotStart } from './cannot-start.ts';
import { type LocalStack, startLocalStack } from './local-stack.ts';

/** `npm start`: the product on one machine. */
async function main(): Promise<void> {
  const port = portFrom('PORT', 3_000);
  const tomePort = portFrom('TOME_PORT', 0);
  checkSettings();
  const stack = await startLocalStack({
    port,
    tomePort,
    dataDir: process.env['DATA_DIR'] || undefined,
    databaseUrl: process.env['DATABASE_URL'] || undefined,
    onProgress: show,
  });
  stopOnSignal(stack);
  process.stdout.write(`\nready ${stack.url}\n\n${commandsToPaste(stack.url)}\n`);
}

/** Faults of the environment before anything is started: what is filled in later stands in for what the stack itself provides. */
function checkSettings(): void {
  const provided = {
    DATABASE_URL: 'postgres://provided/later',
    TOME_URL: 'http://provided.later',
    EVENT_QUEUE_URL: 'http://provided.later',
    IDEMPOTENCY_HMAC_SECRET: 'provided later, provided later, provided later',
  };
  readSettings(Object.keys(settingGroups) as (keyof typeof settingGroups)[], {
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

/** A test card number of the networks' documentation; it belongs to nobody. */
const EXAMPLE = '4111111111111111';

const commandsToPaste = (url: string): string => `Try:
  curl -s ${url}/v1/cards -H 'Content-Type: application/json' -d '{"cardNumber":"${EXAMPLE}"}'
  curl -s ${url}/v1/references/detokenize -H 'Content-Type: application/json' -d "$(curl -s ${url}/v1/cards/lookup -H 'Content-Type: application/json' -d '{"cardNumber":"${EXAMPLE}"}')"
  curl -s ${url}/v1/pool
Ctrl-C stops everything.
`;

function stopOnSignal(stack: LocalStack): void {
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    process.stdout.write('\nstopping\n');
    stack.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
}

function fail(error: unknown): never {
  const isOurs = error instanceof CannotStart || error instanceof InvalidSettings;
  process.stderr.write(`${isOurs ? error.message : error instanceof Error ? error.stack : 'unknown error'}\n`);
  process.exit(1);
}

main().catch(fail);
