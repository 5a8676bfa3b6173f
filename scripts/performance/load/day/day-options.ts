import { InvalidArguments } from '../../../program/invalid-arguments.ts';
import { parseOptions } from '../../../program/options.ts';
import { outputFileFault } from '../../../program/output-file.ts';

export interface DayOptions {
  readonly cards: number;
  readonly peakPerSecond: number;
  readonly peakSeconds: number;
  /** Whether only the model runs, without the replay of the peak. */
  readonly modelOnly: boolean;
  readonly out: string;
}

export const DAY_USAGE = `npm run load -- --profile day [options]

Simulates a day of cards with a peak of virtual cards, second by second, with the refill plan of the
product. Then it replays the minutes around the peak at their real rates against a local stack:
PostgreSQL, the TOME simulator with 50 ms and 250 calls a second, the same handlers and jobs. The
settings of the functions are read from the environment, as on AWS (POOL_TARGET_MIN and so on).

  --cards N          cards of the day, 1000 to 100000000 (100000)
  --peak R           creations a second in the peak, 0 to 10000 (150)
  --peak-seconds S   duration of the peak, 0 to 3600 (120)
  --model-only       skips the replay
  --out FILE         the file of the result (load-results.json)
  --help             prints this text
`;

/**
 * Returns the options of the command, or `null` for `--help`. Throws InvalidArguments, which names
 * all faults at once.
 */
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
  if (options.peakPerSecond * options.peakSeconds > options.cards) faults.push('The peak has more cards than --cards.');
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
