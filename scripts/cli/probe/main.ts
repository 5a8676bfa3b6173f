import { writeFileSync } from 'node:fs';
import { TomeError } from '../../../lambdas/tokenization/tome-errors.ts';
import { beginProgram, endProgram } from '../../program/run-program.ts';
import { withCredential } from '../wire/given-credential.ts';
import { draftAccess } from './draft-access.ts';
import type { Finding } from './finding.ts';
import { type ProbeArguments, parseProbeOptions, USAGE } from './probe-options.ts';
import { probeTome } from './probe-tome.ts';
import { profileWith } from './written-profile.ts';

/**
 * Exits with 1 when the product must not be used with this TOME, and with 2 when TOME gave no valid
 * answer.
 */
async function main({ draft, file, ...options }: ProbeArguments): Promise<number> {
  const variables = await withCredential(draft.profile, process.env);
  const access = await draftAccess(draft.written, options.url, variables);
  const { findings, calls } = await probeTome({ ...options, draft: draft.profile, access });
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
      ...(file === null ? [] : [...write(file, draft.written, findings), '']),
      forbidding === 0
        ? 'The product can be used with this TOME.'
        : `The product must not be used with this TOME: ${forbidding} answers, marked NO above.`,
      '',
    ].join('\n'),
  );
  return forbidding === 0 ? 0 : 1;
}

/** Writes the profile, and returns what is still open. Throws when the file exists. */
function write(file: string, draft: ProbeArguments['draft']['written'], findings: readonly Finding[]) {
  const profile = profileWith(draft, findings);
  writeFileSync(file, `${JSON.stringify(profile, null, 2)}\n`, { flag: 'wx' });
  const { unknown = [] } = profile;
  return [
    `The profile is in ${file}. ${unknown.length === 0 ? 'No line is open.' : 'Ask the owners of TOME for:'}`,
    ...unknown.map((line) => `  ${line}`),
  ];
}

const parse = (args: readonly string[]): ProbeArguments | null => parseProbeOptions(args, Math.random);

await endProgram(await main(beginProgram({ usage: USAGE, parse, expected: [[TomeError, 2]] })));
