import { TomeError } from '../../../lambdas/tokenization/tome-errors.ts';
import { beginProgram, endProgram } from '../../program/run-program.ts';
import { withCredential } from '../wire/given-credential.ts';
import { conform } from './conform.ts';
import { type ConformanceOptions, type ListRules, parseConformanceOptions, USAGE } from './conformance-options.ts';
import { conformanceJson, conformanceReport, exitCodeOf, listOfRules } from './report.ts';
import { mostCallsOf } from './run-suite.ts';
import { suiteOf } from './suite.ts';

/** Prints what the run costs, then runs it, then prints the result. */
async function main(options: ConformanceOptions | ListRules): Promise<number> {
  if (options.list) {
    process.stdout.write(listOfRules(suiteOf({ rate: true })));
    return 0;
  }
  const { profileText, profile, url, hosts, rate, json, ...limits } = options;
  const { tokens, mostCalls, serial } = limits;
  const suite = suiteOf({ rate });
  // On standard error, so that standard output has the JSON only.
  process.stderr.write(
    `Profile ${profile.name}, ${hosts.join(' and ')}: at most ${Math.min(mostCalls, mostCallsOf(suite))} calls, about ` +
      `${tokens} tokens of each namespace, and a dozen made-up cards from number ${serial}.\n`,
  );
  const variables = { ...process.env, TOME_PROFILE: profileText, TOME_URL: url ?? profile.namespaces.ns1.url };
  const result = await conform(suite, { ...limits, environment: await withCredential(profile, variables) });
  process.stdout.write(json ? conformanceJson(result, { profile: profile.name, hosts }) : conformanceReport(result));
  return exitCodeOf(result);
}

const parse = (args: readonly string[]): ConformanceOptions | ListRules | null =>
  parseConformanceOptions(args, process.env, Math.random);

await endProgram(await main(beginProgram({ usage: USAGE, parse, expected: [[TomeError, 2]] })));
