import { startLocalStack } from '../../local/local-stack.ts';

/**
 * A local stack that starts with as many pairs as DAY_FIRST_PAIRS says and whose jobs run only when they are called: the replay of a day
 * is its clock. Prints its address on one line.
 */
const stack = await startLocalStack({
  port: Number(process.env['PORT'] ?? 0),
  schedules: false,
  firstPrefetchPairs: Number(process.env['DAY_FIRST_PAIRS']),
  // What an AWS account's functions may work on at once; nobody waits for a place there.
  admission: { concurrency: 1_000, maxWaitMs: 1 },
});
process.stdout.write(`ready ${stack.url}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void stack.close().then(() => process.exit(0));
  });
}
