import { parseArgs } from 'node:util';
import { TomeError } from '../../lambdas/tokenization/errors/tome-error.ts';
import { probeTome } from './probe-tome.ts';

const USAGE = `npm run probe -- --url URL [--serial N] [--rate]

Asks a TOME what nobody knows of it yet and prints the configuration that follows: a dozen calls, one made-up card bound for good, 23 tokens used up.
Meant for UAT; not for production.

  --url URL    TOME's base address
  --serial N   the made-up card to bind; take another when this one is known already (a random one)
  --rate       look for the rate limit as well: bursts of 400 lookups, three at most
  --help       this text
`;

/** `npm run probe`. Exits with 1 when TOME answers in a way that the product must not work with, with 2 when it could not be asked. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      serial: { type: 'string', default: String(Math.floor(Math.random() * 999_999_000)) },
      rate: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (
    values.help ||
    values.url === undefined ||
    !/^https?:\/\/\S+$/.test(values.url) ||
    !/^\d{1,9}$/.test(values.serial)
  ) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 2;
  }
  const { findings, calls } = await probeTome({ url: values.url, serial: Number(values.serial), rate: values.rate });
  const lines = findings.map(
    ({ question, answer, isForbidding }) => `${isForbidding ? 'NO   ' : '     '}${question}: ${answer}`,
  );
  const settings = findings.flatMap(({ setting }) =>
    setting === undefined ? [] : [`${setting.name}=${setting.value}`],
  );
  const forbidding = findings.filter(({ isForbidding }) => isForbidding).length;
  process.stdout.write(
    [
      ...lines,
      '',
      `${calls} calls. The configuration that follows:`,
      ...settings,
      '',
      forbidding === 0 ? 'Nothing here forbids going on.' : `${forbidding} answers forbid going on: see NO above.`,
      '',
    ].join('\n'),
  );
  return forbidding === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isOurs = error instanceof TomeError || (error instanceof TypeError && 'code' in error);
    process.stderr.write(`${error instanceof Error ? (isOurs ? error.message : error.stack) : 'unknown error'}\n`);
    process.exit(2);
  },
);
