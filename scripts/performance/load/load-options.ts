import { InvalidArguments } from '../../program/invalid-arguments.ts';
import { parseOptions } from '../../program/options.ts';
import { outputFileFault } from '../../program/output-file.ts';
import { LOAD_OPERATIONS, type OperationMix } from './card-traffic.ts';

export interface LoadOptions {
  readonly rate: number;
  readonly seconds: number;
  /** The number of requests that are sent at once instead of a rate; `null` for a rate. */
  readonly atOnce: number | null;
  /** `null` for a local stack that is started for the run. */
  readonly url: string | null;
  readonly sigv4: boolean;
  readonly mix: OperationMix;
  readonly idempotencyKeys: boolean;
  readonly seed: number;
  /** The share of requests that may fail. */
  readonly maxErrors: number;
  readonly out: string;
}

export const USAGE = `npm run load -- [options]

Sends requests at a steady rate, whether or not earlier ones are answered. A latency is measured
from the time at which its request was due. Without --url it starts a local stack, fills its pool,
and removes both at the end.

  --rate R             requests a second, 0.1 to 10000 (50)
  --seconds S          duration, 1 to 86400 (30)
  --at-once N          sends N creations at once instead of a rate, 1 to 5000
  --url URL            a deployment that runs already; requests to an execute-api address are signed
  --sigv4              signs requests to other addresses too (AWS_ACCESS_KEY_ID,
                       AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION)
  --mix LIST           weights of the operations (create=50,lookup=10,detokenize=40)
  --idempotency-keys   sends a new Idempotency-Key with each creation
  --seed N             repeats the order of operations of an earlier run (random)
  --max-errors SHARE   the share of requests that may fail, 0 to 1 (0.01)
  --out FILE           the file of the result (load-results.json)
  --profile day        a day of cards in some minutes: npm run load -- --profile day --help
  --help               prints this text

PRODUCER_DOMAIN=program sends account numbers, to a stack or deployment of that domain.

Never use it with production: the cards are made up, in the range of Visa, and each creation uses a
pair permanently.
Exits with 1 when a card had two references, two cards had the same one, a known card or reference
was not found, or more requests failed than --max-errors allows; with 2 when it could not run.
`;

const DEFAULT_MIX = 'create=50,lookup=10,detokenize=40';

/**
 * Returns the options of the command, or `null` for `--help`. Throws InvalidArguments, which names
 * all faults at once.
 */
export function parseLoadOptions(args: readonly string[], random: () => number): LoadOptions | null {
  const values = parsed(args);
  if (values === null) return null;
  const faults: string[] = [];
  const number = (
    name: 'rate' | 'seconds' | 'seed' | 'at-once' | 'max-errors',
    least: number,
    most: number,
  ): number => {
    const value = Number(values[name]);
    if (!/^\d+(\.\d+)?$/.test(values[name] ?? '') || value < least || value > most) {
      faults.push(`--${name} must be a number from ${least} to ${most}.`);
    }
    return value;
  };
  values.seed ??= String(Math.floor(random() * 2 ** 31));
  const options = {
    rate: number('rate', 0.1, 10_000),
    seconds: number('seconds', 1, 86_400),
    atOnce: values['at-once'] === undefined ? null : Math.trunc(number('at-once', 1, 5_000)),
    url: values.url ?? null,
    sigv4: values.sigv4,
    mix: values['at-once'] === undefined ? parseMix(values.mix, faults) : { create: 1, lookup: 0, detokenize: 0 },
    idempotencyKeys: values['idempotency-keys'],
    seed: number('seed', 0, 2 ** 31),
    maxErrors: number('max-errors', 0, 1),
    out: values.out,
  };
  if (options.url !== null && !isHttpUrl(options.url)) faults.push('--url must be an http or https address.');
  if (options.sigv4 && options.url === null) faults.push('--sigv4 requires --url: a local stack needs no signature.');
  const outputFault = outputFileFault(options.out);
  if (outputFault !== null) faults.push(outputFault);
  if (faults.length > 0) throw new InvalidArguments(faults);
  return options;
}

const parsed = (args: readonly string[]) =>
  parseOptions(args, {
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '30' },
    'at-once': { type: 'string' },
    url: { type: 'string' },
    sigv4: { type: 'boolean', default: false },
    mix: { type: 'string', default: DEFAULT_MIX },
    'idempotency-keys': { type: 'boolean', default: false },
    seed: { type: 'string' },
    'max-errors': { type: 'string', default: '0.01' },
    out: { type: 'string', default: 'load-results.json' },
  });

function parseMix(text: string, faults: string[]): OperationMix {
  const mix = { create: 0, lookup: 0, detokenize: 0 };
  for (const part of text.split(',')) {
    const [name, share] = part.split('=');
    const operation = LOAD_OPERATIONS.find((candidate) => candidate === name);
    if (operation === undefined || !/^\d{1,6}$/.test(share ?? '')) {
      faults.push(`--mix is a list like ${DEFAULT_MIX}, with whole numbers.`);
      break;
    }
    mix[operation] = Number(share);
  }
  if (mix.create === 0 && !faults.some((fault) => fault.startsWith('--mix')))
    faults.push('--mix needs create: reads use cards that the run has created.');
  return mix;
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}
