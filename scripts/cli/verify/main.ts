import { CannotSign } from '../../performance/load/sigv4.ts';
import { beginProgram, endProgram } from '../../program/run-program.ts';
import { openApi } from '../deployment.ts';
import { CannotAskAws } from './aws-refusals.ts';
import { DeployedAccount } from './deployed-account.ts';
import { exitCodeOf, verifyJson, verifyReport } from './report.ts';
import { verifyDomain } from './verify-deployment.ts';
import { parseVerifyOptions, USAGE, type VerifyOptions } from './verify-options.ts';

/** Verifies the domains at the same time, because each waits for metrics. */
async function main({ environment, domains, json, ...options }: VerifyOptions): Promise<number> {
  const account = new DeployedAccount({ region: environment.region });
  try {
    const each = domains.map((domain) =>
      verifyDomain({ ...options, environment, domain, account, openApi: (url) => openApi(environment, url) }),
    );
    const results = (await Promise.all(each)).flat();
    process.stdout.write(json ? verifyJson(environment.name, results) : verifyReport(environment.name, results));
    return exitCodeOf(results);
  } finally {
    account.close();
  }
}

const parse = (args: readonly string[]): VerifyOptions | null => parseVerifyOptions(args, process.env, Math.random);

await endProgram(
  await main(
    beginProgram({
      usage: USAGE,
      parse,
      expected: [
        [CannotAskAws, 2],
        [CannotSign, 2],
      ],
    }),
  ),
);
