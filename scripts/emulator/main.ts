import { atEnd } from '../program/endings.ts';
import { parseOptions } from '../program/options.ts';
import { beginProgram } from '../program/run-program.ts';
import { emulatedApiUrl } from './emulated-api-url.ts';
import { runCdk } from './run-cdk.ts';
import { EMULATOR_REGION } from './signed-call.ts';
import { startEmulatorDependencies } from './start-dependencies.ts';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const USAGE = `npm run emulator

Deploys the environment local to an emulator of AWS and runs it until Ctrl-C. The emulator is the one at
AWS_ENDPOINT_URL, or MiniStack on a free port. The first run installs MiniStack; this needs Python 3.10
or later with venv or pip.
`;

/** `npm run emulator`. */
beginProgram({ usage: USAGE, parse: (args) => parseOptions(args, {}), interruptedCode: () => 0 });
const dependencies = await startEmulatorDependencies(say);
atEnd(dependencies.stop);
say('deploying');
const { output } = await runCdk(dependencies, ['deploy', '--require-approval', 'never']);
const apiUrl = /ApiUrl = (\S+)/.exec(output)?.[1];
if (apiUrl === undefined) throw new Error('The output of the deployment contains no ApiUrl.');
say(`AWS  ${dependencies.endpointUrl}`);
say(`API  ${emulatedApiUrl(dependencies.endpointUrl, apiUrl)} (sign requests with any key, region ${EMULATOR_REGION})`);
say(`TOME ${dependencies.tomeUrl}\nCtrl-C stops everything.`);
