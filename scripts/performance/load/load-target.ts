import { freePort } from '../../local/free-port.ts';
import { startProcess } from '../../local/started-process.ts';
import { HttpSender } from './http-sender.ts';
import type { Sender } from './sender.ts';
import { isExecuteApi, sigV4 } from './sigv4.ts';

/** What the load is sent to. */
export interface LoadTarget {
  readonly url: string;
  readonly sender: Sender;
  /** The simulator behind it, where its ledger can be read. */
  readonly tomeUrl: string | null;
  close(): Promise<void>;
}

/** A deployment that runs already. Throws CannotSign when it wants signatures and there are no credentials. */
export async function deployedTarget(url: string, options: { readonly sigv4: boolean }): Promise<LoadTarget> {
  const sign = options.sigv4 || isExecuteApi(url) ? sigV4(url) : null;
  const sender = new HttpSender({ url, sign });
  return { url, sender, tomeUrl: await tomeUrlOf(url), close: async () => sender.close() };
}

/** The load counts every failure itself; a log line for each would only slow the stack down. */
const QUIET = { POWERTOOLS_LOG_LEVEL: process.env['POWERTOOLS_LOG_LEVEL'] ?? 'SILENT' };

/** A local stack in a process of its own, so that the load's timers and the stack do not wait for each other; it ends with the load. */
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

/** Only a local stack tells where its simulator is; nobody else is asked. */
async function tomeUrlOf(url: string): Promise<string | null> {
  const { hostname } = new URL(url);
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) return null;
  const response = await fetch(new URL('/_local/tome', url)).catch(() => null);
  if (response?.ok !== true) return null;
  const body: unknown = await response.json().catch(() => null);
  return typeof body === 'object' && body !== null && 'url' in body ? String(body.url) : null;
}
