import { parseArgs } from 'node:util';
import { PRODUCER_DOMAINS } from '../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';

export const COMMANDS = ['tokenize', 'lookup', 'detokenize', 'pool', 'refill'] as const;
export type Command = (typeof COMMANDS)[number];

export interface CliOptions {
  readonly command: Command;
  /** The reference for detokenize, if it is an argument. */
  readonly reference: string | null;
  readonly where: Where;
  /** Whether detokenize shows all digits. */
  readonly reveal: boolean;
}

/** The deployment: an environment, by the outputs of its stacks, or a URL. */
export type Where = { readonly domain: string } & (
  | { readonly by: 'environment'; readonly environment: string }
  | { readonly by: 'url'; readonly url: string; readonly sigv4: boolean; readonly prefetchFunction: string | null }
);

/** All faults of the arguments. Never quotes an argument, because it can be a card number. */
export class InvalidCommand extends Error {
  override readonly name = 'InvalidCommand';

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
  }
}

/** Environments without real cards. */
const LOWER_ENVIRONMENTS = Object.values(ENVIRONMENTS)
  .filter(({ isProduction }) => !isProduction)
  .map(({ name }) => name);

export const CLI_USAGE = `npm run cli -- COMMAND (--env NAME | --url URL) [options]

  tokenize                prints the reference of a card number or account number; creates it if
                          necessary
  lookup                  prints the reference of a card number or account number
  detokenize [REFERENCE]  prints the masked number of a reference
  pool                    prints the level of the pool
  refill                  starts a prefetch

  --env NAME              ${LOWER_ENVIRONMENTS.join(', ')}: finds the API by the outputs of the stacks
  --domain NAME           ${PRODUCER_DOMAINS.join(' or ')} (default: card)
  --url URL               the URL of an API; requests to an execute-api address are signed
  --sigv4                 signs requests to other addresses too
  --function NAME         the prefetch function, for refill with a signed --url
  --reveal                detokenize prints all digits
  --help                  prints this text

The command asks for the number, or reads it from standard input. As an argument, other users of
the machine could see it, and the shell would store it. For environments without real cards.
Credentials and region come from the environment, as for the AWS CLI.
`;

/** The command, or `null` for help. Throws InvalidCommand, which names all faults at once. */
export function parseCliOptions(args: readonly string[]): CliOptions | null {
  const { values, positionals } = parsed(args);
  if (values.help || args.length === 0) return null;
  const [name, ...rest] = positionals;
  const faults: string[] = [];
  const command = COMMANDS.find((candidate) => candidate === name);
  if (command === undefined) faults.push(`The commands are ${COMMANDS.join(', ')}.`);
  if (rest.length > (command === 'detokenize' ? 1 : 0)) {
    faults.push('Nothing may follow the command. It asks for the number, because arguments are visible and stored.');
  }
  if ((values.env === undefined) === (values.url === undefined)) faults.push('Give either --env or --url.');
  if (values.env !== undefined && !LOWER_ENVIRONMENTS.includes(values.env)) {
    faults.push(`--env must be one of ${LOWER_ENVIRONMENTS.join(', ')}: production is not allowed.`);
  }
  if (!PRODUCER_DOMAINS.some((domain) => domain === values.domain)) {
    faults.push(`--domain must be ${PRODUCER_DOMAINS.join(' or ')}.`);
  }
  if (values.url !== undefined && !/^https?:\/\/\S+$/.test(values.url))
    faults.push('--url must be an http or https address.');
  if (command === undefined || faults.length > 0) throw new InvalidCommand(faults);
  return {
    command,
    reference: rest[0] ?? null,
    where: {
      domain: values.domain,
      ...(values.env === undefined
        ? { by: 'url', url: values.url ?? '', sigv4: values.sigv4, prefetchFunction: values.function ?? null }
        : { by: 'environment', environment: values.env }),
    },
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
    // The parser's message would quote the argument.
    throw new InvalidCommand(['An option does not exist or has no value. See --help.']);
  }
}
