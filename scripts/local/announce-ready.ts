export interface Closable {
  readonly url: string;
  close(): Promise<void>;
}

/** Tells whoever started this process (started-process.ts) that it is ready and where, and ends it in order on a signal. */
export function announceReady(running: Closable): void {
  process.stdout.write(`ready ${running.url}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void running.close().then(() => process.exit(0));
    });
  }
}
