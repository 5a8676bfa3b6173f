import { join } from 'node:path';
import { makeTemporaryFolder } from '../../local/temporary-folder.ts';
import { parseOptions } from '../../program/options.ts';
import { beginProgram, endProgram } from '../../program/run-program.ts';
import { CannotLint, installedLinter, lint } from './linter.ts';
import { LINTED_ENVIRONMENTS, synthesize } from './templates.ts';

const USAGE = `npm run lint:templates

Runs cfn-lint over every template of the environments ${LINTED_ENVIRONMENTS.join(', ')}. Takes about five minutes.
The first run installs cfn-lint.
`;

async function main(): Promise<number> {
  const folder = await makeTemporaryFolder('templates');
  try {
    const linter = installedLinter();
    const templates: string[] = [];
    for (const environment of LINTED_ENVIRONMENTS) {
      templates.push(...(await synthesize(environment, join(folder.path, environment))));
    }
    if (!lint(linter, templates)) return 1;
    process.stdout.write(
      `cfn-lint finds nothing in ${templates.length} templates of ${LINTED_ENVIRONMENTS.length} environments.\n`,
    );
    return 0;
  } finally {
    await folder.remove();
  }
}

beginProgram({ usage: USAGE, parse: (args) => parseOptions(args, {}), expected: [[CannotLint, 1]] });
await endProgram(await main());
