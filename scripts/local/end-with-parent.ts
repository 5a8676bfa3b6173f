/**
 * Loaded before the modules of a program. The program exits when its parent process has ended for
 * any reason, because standard input closes then.
 */
process.stdin.once('close', () => process.exit(1)).resume();
process.stdin.unref();
