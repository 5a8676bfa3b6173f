import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { closestName } from '../../lambdas/runtime/closest-name.ts';
import { InvalidArguments } from './invalid-arguments.ts';

type Values<Config extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Config; strict: true }>
>['values'];

/** Option names that npm uses itself. */
const NPM_OPTIONS = new Set(['json', 'only', 'out', 'production']);

/** The error code for an argument without an option. Its message repeats the argument. */
const POSITIONAL = 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL';

/**
 * Parses the options of a command line. Returns `null` for `--help` or `-h`. Throws
 * InvalidArguments, which names an unknown option and the one that was probably meant. It does not
 * repeat an argument that can be a card number.
 */
export function parseOptions<const Config extends ParseArgsOptionsConfig>(
  args: readonly string[],
  config: Config,
): Values<Config> | null {
  if (args.includes('--help') || args.includes('-h')) return null;
  const names = [...Object.keys(config), 'help'];
  const faults: string[] = [];
  for (const arg of args) {
    const name = /^--([^=]+)/.exec(arg)?.[1];
    if (name === undefined || names.includes(name)) continue;
    const meant = closestName(name, names);
    faults.push(`--${name} is not an option.${meant === null ? '' : ` Did you mean --${meant}?`}`);
  }
  for (const name of Object.keys(config)) {
    // Without `--` before it, npm takes the option as its own, and the program would run without
    // it.
    if (!NPM_OPTIONS.has(name) && process.env[`npm_config_${name.replaceAll('-', '_')}`] !== undefined) {
      faults.push(`npm has kept --${name} for itself: write -- before the options, as in npm run NAME -- --${name}`);
    }
  }
  if (faults.length > 0) throw new InvalidArguments(faults);
  try {
    return parseArgs({ args: [...args], options: config, strict: true }).values as Values<Config>;
  } catch (error) {
    const isPositional = error instanceof Error && 'code' in error && error.code === POSITIONAL;
    if (isPositional || !(error instanceof Error)) throw new InvalidArguments(['Only options can be given here.']);
    throw new InvalidArguments([error.message]);
  }
}
