import { parseArgs } from 'node:util';

export const COMMANDS = ['tokenize', 'lookup', 'detokenize', 'pool', 'refill'] as const;
export type Command = (typeof COMMANDS)[number];

export interface CliOptions {
  readonly command: Command;
  /** Detokenize's reference, where it was given. */
  readonly reference: string | null;
  readonly where: Where;
  /** Whether detokenize shows the whole card number. */
  readonly reveal: boolean;
}

/** Which deployment: one that CDK made, by its outputs, or an address. */
export type Where =
  | { readonly by: 'environment'; readonly environment: string; readonly domain: string }
  | { readonly by: 'url'; readonly url: string; readonly sigv4: boolean; readonly prefetchFunction: string | null };

/** Everything that is wrong with the arguments, one sentence each. Never what was given: it may be a card number. */
export class InvalidCommand extends Error {
  override readonly name = 'InvalidCommand';

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
  }
}

export const CLI_USAGE = `npm run cli -- COMMAND (--env NAME | --url URL) [options]

  tokenize                the reference of a card number, made if there is none
  lookup                  the reference of a card number
  detokenize [REFERENCE]  the card number behind a reference, masked
  pool                    the pool's level
  refill                  starts a prefetch

  --env NAME              dev, qa or uat: finds the API and the functions by the outputs of the stacks
  --domain NAME           card or program, with --env (card)
  --url URL               an API by its address; an execute-api address is signed for
  --sigv4                 sign for any other address too
  --function NAME         the prefetch function, for refill with a signed --url
  --reveal                detokenize shows all digits
  --help                  this text

A card number is asked for, or read from standard input: on a command line everybody on the machine could see it, and the shell would keep it.
For lower environments. Credentials and region come from the environment, as for the AWS CLI.
`;

const LOWER_ENVIRONMENTS = ['dev', 'qa', 'uat', 'local'];

/** The command; `null` when only help is wanted. Throws InvalidCommand that names all faults at once. */
export function parseCliOptions(args: readonly string[]): CliOptions | null {
  const { values, positionals } = parsed(args);
  if (values.help || args.length === 0) return null;
  const [name, ...rest] = positionals;
  const faults: string[] = [];
  const command = COMMANDS.find((candidate) => candidate === name);
  if (command === undefined) faults.push(`The commands are ${COMMANDS.join(', ')}.`);
  if (rest.length > (command === 'detokenize' ? 1 : 0)) {
    faults.push('Nothing may follow the command: a card number is asked for, because a command line is seen and kept.');
  }
  if ((values.env === undefined) === (values.url === undefined)) faults.push('Give either --env or --url.');
  if (values.env !== undefined && !LOWER_ENVIRONMENTS.includes(values.env)) {
    faults.push(`--env is one of ${LOWER_ENVIRONMENTS.join(', ')}: this is a tool for lower environments.`);
  }
  if (!['card', 'program'].includes(values.domain)) faults.push('--domain is card or program.');
  if (values.url !== undefined && !/^https?:\/\/\S+$/.test(values.url))
    faults.push('--url must be an http or https address.');
  if (command === undefined || faults.length > 0) throw new InvalidCommand(faults);
  return {
    command,
    reference: rest[0] ?? null,
    where:
      values.env === undefined
        ? { by: 'url', url: values.url ?? '', sigv4: values.sigv4, prefetchFunction: values.function ?? null }
        : { by: 'environment', environment: values.env, domain: values.domain },
    reveal: values.reveal,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        env: { type: 'string' },
        domain: { type: 'string', default: 'card' },
        url: { type: 'string' },
        sigv4: { type: 'boolean', default: false },
        function: { type: 'string' },
        reveal: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch {
    // The parser's words would repeat what was given.
    throw new InvalidCommand(['There is an option that does not exist, or one without its value: see --help.']);
  }
}
