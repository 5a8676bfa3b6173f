import { describe } from '../../../lambdas/runtime/logging/describe-error.ts';
import { Crashed } from './fault-modes.ts';
import type { World } from './world.ts';

/**
 * Keeps what the product gives to its logger, for I11. The logger also redacts, and these lines do
 * not: redaction is the second protection, and it does not know every internal token. So a line
 * must be clean before it.
 */
export function writeLog({ output }: Pick<World, 'output'>, line: object): void {
  output.push(JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)));
}

/** Runs a job, and keeps the result or the error that its handler logs. */
export async function logged<Result>(world: World, job: string, run: () => Promise<Result>): Promise<Result> {
  try {
    const result = await run();
    writeLog(world, { job, result });
    return result;
  } catch (error) {
    // A process that crashed writes nothing more.
    if (!(error instanceof Crashed)) writeLog(world, { job, error: describe(error) });
    throw error;
  }
}
