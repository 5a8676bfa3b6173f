import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { functionNames, isRoute } from '../../../lambdas/function-names.ts';
import { FUNCTIONS, type FunctionName } from '../../../lambdas/functions.ts';
import { bundleFunction } from '../../../lib/functions/function-bundle.ts';
import { makeTemporaryFolder } from '../../local/temporary-folder.ts';

/**
 * Most bytes of the minified bundle of an API function, including the sign-in to the database. The
 * caller waits for its cold start. An SDK client (about 300 KB) does not fit.
 */
const API_LIMIT_BYTES = 200_000;

/** The same with the client of TOME, which contains the profile and the authentication. */
const API_WITH_TOME_LIMIT_BYTES = 240_000;

/** The same for a job. No caller waits for it, so it may contain an AWS client. */
const JOB_LIMIT_BYTES = 600_000;

export interface Bundle {
  readonly name: FunctionName;
  /** The module that Lambda loads. */
  readonly file: string;
  readonly bytes: number;
  readonly limitBytes: number;
}

/** Bundles every function as a deployment does. `remove` deletes the files. */
export async function bundleAll(): Promise<{ readonly bundles: readonly Bundle[]; remove(): Promise<void> }> {
  const { path: directory, remove } = await makeTemporaryFolder('bundles');
  try {
    const bundles: Bundle[] = [];
    for (const name of functionNames()) {
      bundleFunction(name, join(directory, name));
      const file = join(directory, name, 'index.mjs');
      const { length: bytes } = await readFile(file);
      bundles.push({ name, file, bytes, limitBytes: limitOf(name) });
    }
    return { bundles, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

function limitOf(name: FunctionName): number {
  if (!isRoute(name)) return JOB_LIMIT_BYTES;
  return FUNCTIONS[name].access.tome ? API_WITH_TOME_LIMIT_BYTES : API_LIMIT_BYTES;
}
