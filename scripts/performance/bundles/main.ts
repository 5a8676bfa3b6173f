import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseOptions } from '../../program/options.ts';
import { beginProgram } from '../../program/run-program.ts';
import { type Bundle, bundleAll } from './bundle-sizes.ts';
import { startLoading } from './load-time.ts';

/** Process starts for each bundle. */
const STARTS = 7;

/** A handler that does nothing: what a cold start costs where there is nothing to load. */
const BARE = 'export const handler = async () => ({ statusCode: 204 });\n';

const USAGE = `npm run bundles

Each function's bundle: its size against its limit, and its load time beside a bare handler's. Exits with 1 when one is too large.
`;

/** `npm run bundles`. */
async function main(): Promise<void> {
  const { bundles, remove } = await bundleAll();
  try {
    const bare = join(dirname(dirname(bundles[0]?.file ?? '')), 'bare.mjs');
    await writeFile(bare, BARE);
    const times = await loadTimes([bare, ...bundles.map(({ file }) => file)]);
    const bareMs = times.get(bare) ?? 0;
    process.stdout.write(`node ${process.version}, median of ${STARTS} process starts each, one after the other\n\n`);
    process.stdout.write(
      `${'function'.padEnd(22)}${'KB'.padStart(7)}${'limit'.padStart(7)}${'load ms'.padStart(9)}   of a bare handler\n`,
    );
    process.stdout.write(
      `${'(bare handler)'.padEnd(22)}${'0'.padStart(7)}${''.padStart(7)}${bareMs.toFixed(1).padStart(9)}   1.0\n`,
    );
    for (const bundle of bundles) process.stdout.write(`${lineOf(bundle, times.get(bundle.file) ?? 0, bareMs)}\n`);
  } finally {
    await remove();
  }
  const tooLarge = bundles.filter(({ bytes, limitBytes }) => bytes > limitBytes);
  if (tooLarge.length > 0) {
    process.stderr.write(`too large: ${tooLarge.map(({ name }) => name).join(', ')}\n`);
    process.exitCode = 1;
  }
}

/** The median load time of each file in milliseconds; the files take turns, so that a busy moment hits all alike. */
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

const lineOf = ({ name, bytes, limitBytes }: Bundle, ms: number, bareMs: number): string =>
  [
    name.padEnd(22),
    kilobytes(bytes).padStart(7),
    kilobytes(limitBytes).padStart(7),
    ms.toFixed(1).padStart(9),
    `   ${(ms / bareMs).toFixed(1)}`,
    bytes > limitBytes ? '   TOO LARGE' : '',
  ].join('');

beginProgram({ usage: USAGE, parse: (args) => parseOptions(args, {}) });
await main();
