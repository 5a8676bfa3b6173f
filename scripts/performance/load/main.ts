import { writeFileSync } from 'node:fs';
import { sampleDomain } from '../../local/sample-domain.ts';
import { beginProgram, endProgram } from '../../program/run-program.ts';
import { seededRandom } from '../../simulator/seeded-random.ts';
import { arrivalsAtOnce, steadyArrivals } from './arrivals.ts';
import { CardTraffic } from './card-traffic.ts';
import { DAY_USAGE, type DayOptions, parseDayOptions } from './day/day-options.ts';
import { runDay } from './day/run-day.ts';
import { type LevelSample, watchLevel } from './level-samples.ts';
import { type LoadOptions, parseLoadOptions, USAGE } from './load-options.ts';
import { type LoadResult, loadReport } from './load-report.ts';
import { type LoadOutcome, runLoad } from './load-run.ts';
import { deployedTarget, type LoadTarget, localTarget } from './load-target.ts';
import { CannotSign } from './sigv4.ts';
import { watchTome } from './tome-watch.ts';

/** Interval of the samples of the pool level, in milliseconds. */
const SAMPLE_EVERY_MS = 1_000;

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function openTarget({ url, sigv4 }: LoadOptions): Promise<LoadTarget> {
  if (url !== null) return deployedTarget(url, { sigv4 });
  print('starting a local stack and filling its pool');
  return localTarget();
}

/**
 * Shows one line that is overwritten each second, or, without a terminal, one line in ten seconds.
 */
function progressLine(options: LoadOptions): {
  onAnswer: (answered: number) => void;
  onSample: (sample: LevelSample) => void;
} {
  let answers = 0;
  let lines = 0;
  return {
    onAnswer: (answered) => {
      answers = answered;
    },
    onSample: ({ second, available, staged }) => {
      const line = `${second.toFixed(0)}${options.atOnce === null ? ` of ${options.seconds}` : ''} s: ${answers} answers; ${available} pairs available, ${staged} staged`;
      if (process.stdout.isTTY) process.stdout.write(`\r${line.padEnd(100)}`);
      else if (lines % 10 === 0) print(line);
      lines += 1;
    },
  };
}

async function measure(options: LoadOptions, target: LoadTarget): Promise<LoadResult> {
  const { rate, seconds, atOnce, mix, idempotencyKeys, seed } = options;
  const runId = `load-${Math.floor(Math.random() * 2 ** 31).toString(36)}`;
  const firstSerial = Math.floor(Math.random() * 1_000_000_000);
  const domain = sampleDomain();
  const traffic = new CardTraffic({ domain, mix, idempotencyKeys, runId, firstSerial, random: seededRandom(seed) });
  const tome = target.tomeUrl === null ? null : await watchTome(target.tomeUrl, runId);
  const load = atOnce === null ? `${rate} requests a second for ${seconds} s` : `${atOnce} creations at once`;
  print(`${load} to ${target.url} (seed ${seed})`);
  const { onAnswer, onSample } = progressLine(options);
  const watch = watchLevel(target.sender, SAMPLE_EVERY_MS, onSample);
  const arrivals = atOnce === null ? steadyArrivals(rate, seconds) : arrivalsAtOnce(atOnce);
  const outcome = await runLoad({ sender: target.sender, traffic, arrivals, onAnswer });
  await watch.stop();
  const calls = tome === null ? null : await tome.finish();
  if (process.stdout.isTTY) print('');
  return { target: target.url, load, outcome, tome: calls, level: watch.samples, levelFailures: watch.failures };
}

function write(file: string, result: object): void {
  writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), ...result }, null, 2)}\n`);
  print(`written to ${file}`);
}

/** Returns the share of requests that failed or could not be sent. */
function failedShare({ sent, notSent, operations }: LoadOutcome): number {
  const succeeded = Object.values(operations).reduce((sum, tally) => sum + tally.succeeded, 0);
  return 1 - succeeded / Math.max(1, sent + notSent);
}

async function steady(options: LoadOptions): Promise<number> {
  const target = await openTarget(options);
  try {
    const result = await measure(options, target);
    print(loadReport(result));
    write(options.out, result);
    const failed = failedShare(result.outcome);
    if (failed > options.maxErrors) {
      const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;
      process.stderr.write(
        `${percent(failed)} of the requests failed; --max-errors allows ${percent(options.maxErrors)}.\n`,
      );
      return 1;
    }
    return result.outcome.wrongTotal === 0 ? 0 : 1;
  } finally {
    await target.close();
  }
}

async function day(options: DayOptions): Promise<number> {
  const { result, wrongTotal } = await runDay(options, print);
  write(options.out, result);
  return wrongTotal === 0 ? 0 : 1;
}

const args = process.argv.slice(2);
const expected = [[CannotSign, 2]] as const;
await endProgram(
  args.some((arg) => /^--profile(=|$)/.test(arg))
    ? await day(beginProgram({ usage: DAY_USAGE, parse: parseDayOptions, expected }))
    : await steady(beginProgram({ usage: USAGE, parse: (given) => parseLoadOptions(given, Math.random), expected })),
);
