import { CannotStart } from '../local/cannot-start.ts';
import { emulatedApiUrl } from './emulated-api-url.ts';
import { runCdk } from './run-cdk.ts';
import { EMULATOR_REGION } from './signed-call.ts';
import { startSurroundings } from './start-surroundings.ts';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** `npm run emulator`: the environment `local` in an emulator of AWS, until Ctrl-C. */
async function main(): Promise<void> {
  const surroundings = await startSurroundings(say);
  const ended = new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  try {
    say('deploying');
    const { output } = await runCdk(surroundings, ['deploy', '--require-approval', 'never']);
    const apiUrl = /ApiUrl = (\S+)/.exec(output)?.[1];
    if (apiUrl === undefined) throw new Error('The service stack names no ApiUrl.');
    say(`AWS  ${surroundings.endpointUrl}`);
    say(`API  ${emulatedApiUrl(surroundings.endpointUrl, apiUrl)} (signed with any key, for ${EMULATOR_REGION})`);
    say(`TOME ${surroundings.tomeUrl}\nCtrl-C stops everything.`);
    await ended;
  } finally {
    say('stopping');
    await surroundings.stop();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof CannotStart ? error.message : error instanceof Error ? error.stack : 'unknown'}\n`,
  );
  process.exit(1);
});
