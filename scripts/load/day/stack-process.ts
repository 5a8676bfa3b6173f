import { startLocalStack } from '../../local/local-stack.ts';

/**
 * A local stack that starts with as many pairs as DAY_FIRST_PAIRS says and whose jobs run only when they are called: the replay of a day
 * is its clock. Prints its address on one line.
 */
const stack = await startLocalStack({
  port: Number(process.env['PORT'] ?? 0),
  schedules: false,
  firstPrefetchPairs: Number(process.env['DAY_FIRST_PAIRS']),
});
process.stdout.write(`ready ${stack.url}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void stack.close().then(() => process.exit(0));
  });
}
