import { writeFileSync } from 'node:fs';
import { InvalidSettings } from '../../lambdas/runtime/settings.ts';
import { seededRandom } from '../simulator/seeded-random.ts';
import { arrivalsAtOnce, steadyArrivals } from './arrivals.ts';
import { CardTraffic } from './card-traffic.ts';
import { DAY_USAGE, parseDayOptions } from './day/day-options.ts';
import { runDay } from './day/run-day.ts';
import { InvalidArguments } from './invalid-arguments.ts';
import { type LevelSample, watchLevel } from './level-samples.ts';
import { type LoadOptions, parseLoadOptions, USAGE } from './load-options.ts';
import { type LoadResult, loadReport } from './load-report.ts';
import { runLoad } from './load-run.ts';
import { deployedTarget, type LoadTarget, localTarget } from './load-target.ts';
import { CannotSign } from './sigv4.ts';
import { watchTome } from './tome-watch.ts';

/** How often the pool's level is looked at, in milliseconds. */
const LOOK_EVERY_MS = 1_000;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function openTarget({ url, sigv4 }: LoadOptions): Promise<LoadTarget> {
  if (url !== null) return deployedTarget(url, { sigv4 });
  say('starting a local stack and filling its pool');
  return localTarget();
}

/** One line that is written over each second; on anything but a terminal, one line in ten seconds. */
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
      const line = `${second.toFixed(0)}${options.atOnce === null ? ` of ${options.seconds}` : ''} s: ${answers} answers; ${available} pairs available, ${staged} on their way`;
      if (process.stdout.isTTY) process.stdout.write(`\r${line.padEnd(100)}`);
      else if (lines % 10 === 0) say(line);
      lines += 1;
    },
  };
}

async function measure(options: LoadOptions, target: LoadTarget): Promise<LoadResult> {
  const { rate, seconds, atOnce, mix, idempotencyKeys, seed } = options;
  const runId = `load-${Math.floor(Math.random() * 2 ** 31).toString(36)}`;
  const firstSerial = Math.floor(Math.random() * 1_000_000_000);
  const traffic = new CardTraffic({ mix, idempotencyKeys, runId, firstSerial, random: seededRandom(seed) });
  const tome = target.tomeUrl === null ? null : await watchTome(target.tomeUrl, runId);
  const load = atOnce === null ? `${rate} requests a second for ${seconds} s` : `${atOnce} creations at once`;
  say(`${load} to ${target.url} (seed ${seed})`);
  const { onAnswer, onSample } = progressLine(options);
  const watch = watchLevel(target.sender, LOOK_EVERY_MS, onSample);
  const arrivals = atOnce === null ? steadyArrivals(rate, seconds) : arrivalsAtOnce(atOnce);
  const outcome = await runLoad({ sender: target.sender, traffic, arrivals, onAnswer });
  await watch.stop();
  const calls = tome === null ? null : await tome.finish();
  if (process.stdout.isTTY) say('');
  return { target: target.url, load, outcome, tome: calls, level: watch.samples, levelFailures: watch.failures };
}

function write(file: string, result: object): void {
  writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), ...result }, null, 2)}\n`);
  say(`written to ${file}`);
}

async function steady(args: readonly string[]): Promise<number> {
  const options = parseLoadOptions(args, Math.random);
  if (options === null) {
    say(USAGE);
    return 0;
  }
  const target = await openTarget(options);
  try {
    const result = await measure(options, target);
    say(loadReport(result));
    write(options.out, result);
    return result.outcome.wrongTotal === 0 ? 0 : 1;
  } finally {
    await target.close();
  }
}

async function day(args: readonly string[]): Promise<number> {
  const options = parseDayOptions(args);
  if (options === null) {
    say(DAY_USAGE);
    return 0;
  }
  const { result, wrongTotal } = await runDay(options, say);
  write(options.out, result);
  return wrongTotal === 0 ? 0 : 1;
}

/** `npm run load`: a steady rate, or a day. */
function main(): Promise<number> {
  const args = process.argv.slice(2);
  return args.some((arg) => /^--profile(=|$)/.test(arg)) ? day(args) : steady(args);
}

// Leaving by `exit` takes the local stack along.
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isOurs = [InvalidArguments, CannotSign, InvalidSettings].some((kind) => error instanceof kind);
    process.stderr.write(`${error instanceof Error ? (isOurs ? error.message : error.stack) : 'unknown error'}\n`);
    process.exit(2);
  },
);
