import { freePort } from '../../local/free-port.ts';
import { startProcess } from '../../local/started-process.ts';
import { HttpSender } from './http-sender.ts';
import type { Sender } from './sender.ts';
import { isExecuteApi, sigV4 } from './sigv4.ts';

/** The service that receives the load. */
export interface LoadTarget {
  readonly url: string;
  readonly sender: Sender;
  /** The simulator that the service uses, if its ledger can be read; otherwise `null`. */
  readonly tomeUrl: string | null;
  close(): Promise<void>;
}

/**
 * Connects to a deployment that runs already. Throws CannotSign when it needs signatures and there
 * are no credentials.
 */
export async function deployedTarget(url: string, options: { readonly sigv4: boolean }): Promise<LoadTarget> {
  const sign = options.sigv4 || isExecuteApi(url) ? sigV4(url) : null;
  const sender = new HttpSender({ url, sign });
  return { url, sender, tomeUrl: await tomeUrlOf(url), close: async () => sender.close() };
}

/** The load counts failures itself, and a log line for each would slow down the stack. */
const QUIET = { POWERTOOLS_LOG_LEVEL: process.env['POWERTOOLS_LOG_LEVEL'] ?? 'SILENT' };

/**
 * Starts a local stack in another process, so that the timers of the load and the stack do not
 * delay each other. It is stopped by `close`.
 */
export async function localTarget(
  script = 'scripts/local/start.ts',
  environment: Readonly<Record<string, string>> = {},
): Promise<LoadTarget> {
  const stack = await startProcess(script, { PORT: String(await freePort()), ...QUIET, ...environment });
  const sender = new HttpSender({ url: stack.url });
  return {
    url: stack.url,
    sender,
    tomeUrl: await tomeUrlOf(stack.url),
    async close() {
      sender.close();
      await stack.close();
    },
  };
}

/** Only a local stack publishes the address of its simulator, so other hosts are not called. */
async function tomeUrlOf(url: string): Promise<string | null> {
  const { hostname } = new URL(url);
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) return null;
  const response = await fetch(new URL('/_local/tome', url)).catch(() => null);
  if (response?.ok !== true) return null;
  const body: unknown = await response.json().catch(() => null);
  return typeof body === 'object' && body !== null && 'url' in body ? String(body.url) : null;
}
