import { TomeError } from '../../../lambdas/tokenization/tome-errors.ts';
import { InvalidArguments } from '../../program/invalid-arguments.ts';
import { parseOptions } from '../../program/options.ts';
import { beginProgram, endProgram } from '../../program/run-program.ts';
import { probeTome } from './probe-tome.ts';

const USAGE = `npm run probe -- --url URL [--serial N] [--rate]

Asks a TOME what nobody knows of it yet and prints the configuration that follows: a dozen calls, one made-up card bound for good, 23 tokens used up.
Meant for UAT; not for production.

  --url URL    TOME's base address
  --serial N   the made-up card to bind; take another when this one is known already (a random one)
  --rate       look for the rate limit as well: bursts of 400 lookups, three at most
  --help       this text
`;

type ProbeOptions = Parameters<typeof probeTome>[0];

/** `npm run probe`. Exits with 1 when TOME answers in a way that the product must not work with, with 2 when it could not be asked. */
async function main(options: ProbeOptions): Promise<number> {
  const { findings, calls } = await probeTome(options);
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

/** What `probeTome` needs. Throws InvalidArguments that names all faults at once. */
function parse(args: readonly string[]): ProbeOptions | null {
  const values = parseOptions(args, {
    url: { type: 'string' },
    serial: { type: 'string', default: String(Math.floor(Math.random() * 999_999_000)) },
    rate: { type: 'boolean', default: false },
  });
  if (values === null) return null;
  const { url = '', serial, rate } = values;
  const faults: string[] = [];
  if (url === '') faults.push('--url URL is missing: which TOME is to be asked?');
  else if (!/^https?:\/\/\S+$/.test(url) || !URL.canParse(url)) faults.push('--url must be an http or https address.');
  if (!/^\d{1,9}$/.test(serial)) faults.push('--serial must be a whole number of at most nine digits.');
  if (faults.length > 0) throw new InvalidArguments(faults);
  return { url, serial: Number(serial), rate };
}

await endProgram(await main(beginProgram({ usage: USAGE, parse, expected: [[TomeError, 2]] })));
