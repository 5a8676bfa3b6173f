import { startSimulator } from './simulator.ts';
import { type SwitchChanges, switchesSchema } from './switches.ts';

/**
 * Runs the simulator in its own process, so that it survives the kills of other processes. Reads
 * TOME_PORT, TOME_JOURNAL with TOME_INSTALLATION, TOME_SEED and TOME_SWITCHES (JSON). Prints its
 * address on one line.
 */
const { TOME_PORT, TOME_JOURNAL, TOME_INSTALLATION, TOME_SEED, TOME_SWITCHES } = process.env;
const simulator = await startSimulator({
  port: Number(TOME_PORT ?? 0),
  seed: Number(TOME_SEED ?? 1),
  switches: switchesSchema.parse(JSON.parse(TOME_SWITCHES ?? '{}')) satisfies SwitchChanges,
  ...(TOME_JOURNAL === undefined
    ? {}
    : { journal: { path: TOME_JOURNAL, installation: TOME_INSTALLATION ?? 'unnamed' } }),
});
process.stdout.write(`simulator ${simulator.url}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void simulator.close().then(() => process.exit(0));
  });
}
