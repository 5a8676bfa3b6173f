import { vocabularyOfDomain } from '../../lambdas/vocabulary.ts';
import { CannotSign } from '../performance/load/sigv4.ts';
import { beginProgram } from '../program/run-program.ts';
import { CLI_USAGE, type CliOptions, InvalidCommand, parseCliOptions } from './cli-options.ts';
import { CommandFailed, detokenize, lookup, pool, tokenize } from './commands.ts';
import { type Deployment, findDeployment } from './deployment.ts';
import { readSecretLine } from './read-secret-line.ts';

const ask = (question: string): Promise<string> =>
  readSecretLine(question, { input: process.stdin, output: process.stderr });

function run({ command, reference, reveal, where }: CliOptions, { sender, refill }: Deployment): Promise<string> {
  const vocabulary = vocabularyOfDomain(where.domain);
  const question = `${vocabulary.number[0]?.toUpperCase()}${vocabulary.number.slice(1)}: `;
  switch (command) {
    case 'tokenize':
      return ask(question).then((number) => tokenize(sender, number, vocabulary));
    case 'lookup':
      return ask(question).then((number) => lookup(sender, number, vocabulary));
    case 'detokenize':
      return (reference === null ? ask('Reference: ') : Promise.resolve(reference)).then((given) =>
        detokenize(sender, given, reveal, vocabulary),
      );
    case 'pool':
      return pool(sender);
    case 'refill':
      return refill();
  }
}

/** Exits with 1 when the deployment refuses the request, and with 2 when the command is invalid. */
async function main(options: CliOptions): Promise<void> {
  const deployment = await findDeployment(options.where);
  try {
    process.stdout.write(`${await run(options, deployment)}\n`);
  } finally {
    deployment.sender.close();
  }
}

await main(
  beginProgram({
    usage: CLI_USAGE,
    parse: parseCliOptions,
    expected: [
      [InvalidCommand, 2],
      [CommandFailed, 1],
      [CannotSign, 2],
    ],
  }),
);
