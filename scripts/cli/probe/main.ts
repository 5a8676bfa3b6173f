import { TomeError } from '../../../lambdas/tokenization/tome-errors.ts';
import { InvalidArguments } from '../../program/invalid-arguments.ts';
import { parseOptions } from '../../program/options.ts';
import { beginProgram, endProgram } from '../../program/run-program.ts';
import { probeTome } from './probe-tome.ts';

const USAGE = `npm run probe -- --url URL [--serial N] [--rate]

Asks a TOME how it behaves where its contract is not confirmed, and prints the settings that follow.
It makes a dozen calls, binds one made-up card permanently and uses up 23 tokens. Use it in UAT, not
in production.

  --url URL    TOME's base address
  --serial N   number of the made-up card to bind; use another one if TOME has this card already
               (random)
  --rate       also looks for the rate limit: at most three bursts of 400 lookups
  --help       prints this text
`;

type ProbeOptions = Parameters<typeof probeTome>[0];

/**
 * Exits with 1 when the product must not be used with this TOME, and with 2 when TOME gave no valid
 * answer.
 */
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
      `${calls} calls. The settings that follow:`,
      ...settings,
      '',
      forbidding === 0
        ? 'The product can be used with this TOME.'
        : `The product must not be used with this TOME: ${forbidding} answers, marked NO above.`,
      '',
    ].join('\n'),
  );
  return forbidding === 0 ? 0 : 1;
}

/** Returns the options of `probeTome`. Throws InvalidArguments, which names all faults at once. */
function parse(args: readonly string[]): ProbeOptions | null {
  const values = parseOptions(args, {
    url: { type: 'string' },
    serial: { type: 'string', default: String(Math.floor(Math.random() * 999_999_000)) },
    rate: { type: 'boolean', default: false },
  });
  if (values === null) return null;
  const { url = '', serial, rate } = values;
  const faults: string[] = [];
  if (url === '') faults.push('--url URL is missing: the base address of TOME.');
  else if (!/^https?:\/\/\S+$/.test(url) || !URL.canParse(url)) faults.push('--url must be an http or https address.');
  if (!/^\d{1,9}$/.test(serial)) faults.push('--serial must be a whole number of at most nine digits.');
  if (faults.length > 0) throw new InvalidArguments(faults);
  return { url, serial: Number(serial), rate };
}

await endProgram(await main(beginProgram({ usage: USAGE, parse, expected: [[TomeError, 2]] })));
