import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseOptions } from '../../program/options.ts';
import { beginProgram } from '../../program/run-program.ts';
import { type Bundle, bundleAll } from './bundle-sizes.ts';
import { startLoading } from './load-time.ts';

/** Process starts for each bundle. */
const STARTS = 7;

/** A handler that does nothing, as the baseline of a cold start. */
const EMPTY_HANDLER = 'export const handler = async () => ({ statusCode: 204 });\n';

const USAGE = `npm run bundles

Prints the size of each function's bundle with its limit, and its load time compared with an empty
handler. Exits with 1 when a bundle is too large.
`;

async function main(): Promise<void> {
  const { bundles, remove } = await bundleAll();
  try {
    const empty = join(dirname(dirname(bundles[0]?.file ?? '')), 'empty.mjs');
    await writeFile(empty, EMPTY_HANDLER);
    const times = await loadTimes([empty, ...bundles.map(({ file }) => file)]);
    const emptyMs = times.get(empty) ?? 0;
    process.stdout.write(`node ${process.version}, median of ${STARTS} process starts for each bundle\n\n`);
    process.stdout.write(
      `${'function'.padEnd(22)}${'KB'.padStart(7)}${'limit'.padStart(7)}${'load ms'.padStart(9)}   relative to an empty handler\n`,
    );
    process.stdout.write(
      `${'(empty handler)'.padEnd(22)}${'0'.padStart(7)}${''.padStart(7)}${emptyMs.toFixed(1).padStart(9)}   1.0\n`,
    );
    for (const bundle of bundles) process.stdout.write(`${lineOf(bundle, times.get(bundle.file) ?? 0, emptyMs)}\n`);
  } finally {
    await remove();
  }
  const tooLarge = bundles.filter(({ bytes, limitBytes }) => bytes > limitBytes);
  if (tooLarge.length > 0) {
    process.stderr.write(`too large: ${tooLarge.map(({ name }) => name).join(', ')}\n`);
    process.exitCode = 1;
  }
}

/**
 * Returns the median load time of each file in milliseconds. The files take turns, so that other
 * load on the machine affects all of them.
 */
async function loadTimes(files: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number[]>(files.map((file) => [file, []]));
  const loading = await startLoading();
  try {
    for (let start = 0; start < STARTS; start += 1) {
      for (const file of files) times.get(file)?.push(await loading.load(file));
    }
  } finally {
    loading.stop();
  }
  return new Map([...times].map(([file, all]) => [file, all.sort((a, b) => a - b)[STARTS >> 1] ?? 0]));
}

const kilobytes = (bytes: number): string => String(Math.ceil(bytes / 1_000));

const lineOf = ({ name, bytes, limitBytes }: Bundle, ms: number, emptyMs: number): string =>
  [
    name.padEnd(22),
    kilobytes(bytes).padStart(7),
    kilobytes(limitBytes).padStart(7),
    ms.toFixed(1).padStart(9),
    `   ${(ms / emptyMs).toFixed(1)}`,
    bytes > limitBytes ? '   TOO LARGE' : '',
  ].join('');

beginProgram({ usage: USAGE, parse: (args) => parseOptions(args, {}) });
await main();
