/** Loaded before a program's own modules: it ends when whoever started it is gone, however that came about, because that closes its input. */
process.stdin.once('close', () => process.exit(1)).resume();
process.stdin.unref();
