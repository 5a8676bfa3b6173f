import { InvalidArguments } from '../../../program/invalid-arguments.ts';
import { parseOptions } from '../../../program/options.ts';
import { outputFileFault } from '../../../program/output-file.ts';

export interface DayOptions {
  readonly cards: number;
  readonly peakPerSecond: number;
  readonly peakSeconds: number;
  /** Only the model of the day, without the replay of its peak. */
  readonly modelOnly: boolean;
  readonly out: string;
}

export const DAY_USAGE = `npm run load -- --profile day [options]

A day of cards with a run of virtual cards in it. The whole day is computed second by second with the product's own plan of refills; the minutes around
the peak are then replayed at their real rates against a local stack: PostgreSQL, the TOME simulator at 50 ms and 250 calls a second, the same handlers
and jobs. The functions' settings are read from the environment, as on AWS (POOL_TARGET_MIN and so on).

  --cards N          cards of the day, 1000 to 100000000 (100000)
  --peak R           creations a second in the peak, 0 to 10000 (150)
  --peak-seconds S   how long it takes, 0 to 3600 (120)
  --model-only       without the replay
  --out FILE         where the result goes (load-results.json)
  --help             this text
`;

/** The command's options; `null` when only help is wanted. Throws InvalidArguments that names all faults at once. */
export function parseDayOptions(args: readonly string[]): DayOptions | null {
  const values = parsed(args);
  if (values === null) return null;
  const faults: string[] = [];
  const whole = (name: 'cards' | 'peak' | 'peak-seconds', least: number, most: number): number => {
    const value = Number(values[name]);
    if (!/^\d+$/.test(values[name]) || value < least || value > most) {
      faults.push(`--${name} must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
  if (values.profile !== 'day') faults.push('--profile must be day.');
  const options = {
    cards: whole('cards', 1_000, 100_000_000),
    peakPerSecond: whole('peak', 0, 10_000),
    peakSeconds: whole('peak-seconds', 0, 3_600),
    modelOnly: values['model-only'],
    out: values.out,
  };
  if (options.peakPerSecond * options.peakSeconds > options.cards) faults.push('The peak alone is more than --cards.');
  const outputFault = outputFileFault(options.out);
  if (outputFault !== null) faults.push(outputFault);
  if (faults.length > 0) throw new InvalidArguments(faults);
  return options;
}

const parsed = (args: readonly string[]) =>
  parseOptions(args, {
    profile: { type: 'string', default: 'day' },
    cards: { type: 'string', default: '100000' },
    peak: { type: 'string', default: '150' },
    'peak-seconds': { type: 'string', default: '120' },
    'model-only': { type: 'boolean', default: false },
    out: { type: 'string', default: 'load-results.json' },
  });
