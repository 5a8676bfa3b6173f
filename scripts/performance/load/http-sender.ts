import { type ClientRequestArgs, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { ApiAnswer, ApiRequest, Sender } from './sender.ts';
import type { Sign } from './sigv4.ts';

export interface HttpSenderOptions {
  /** The base URL of the deployment. The paths of the API are appended. */
  readonly url: string;
  /** Signs each request, if the deployment requires it. */
  readonly sign?: Sign | null;
  /** Timeout of an answer in milliseconds: longer than the 29 seconds of API Gateway. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/** Firewalls often block requests without a user agent, and Node's own client sends none. */
const USER_AGENT = 'card-tokenization-pool';

/** Sends requests over persistent connections, as many as necessary. */
export class HttpSender implements Sender {
  readonly #base: URL;
  readonly #sign: Sign | null;
  readonly #timeoutMs: number;
  readonly #agent: HttpAgent;
  readonly #request: typeof httpRequest;

  constructor({ url, sign = null, timeoutMs = DEFAULT_TIMEOUT_MS }: HttpSenderOptions) {
    this.#base = new URL(url.endsWith('/') ? url : `${url}/`);
    this.#sign = sign;
    this.#timeoutMs = timeoutMs;
    const isTls = this.#base.protocol === 'https:';
    this.#agent = isTls ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
    this.#request = isTls ? httpsRequest : httpRequest;
  }

  async send({ method, path, body, headers = {} }: ApiRequest): Promise<ApiAnswer> {
    const url = new URL(path.slice(1), this.#base);
    const text = body === undefined ? '' : JSON.stringify(body);
    const plain = {
      'user-agent': USER_AGENT,
      ...headers,
      ...(text === '' ? {} : { 'content-type': 'application/json' }),
    };
    try {
      const all = this.#sign === null ? plain : await this.#sign({ method, url: url.href, headers: plain, body: text });
      const response = await this.#exchange(url, { method, headers: { ...all, ...contentLength(text) } }, text);
      return answerOf(response.status, response.text);
    } catch (error) {
      return { status: 0, error: `no answer: ${nameOf(error)}`, body: {} };
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #exchange(url: URL, options: ClientRequestArgs, text: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(this.#timeoutMs);
      const request = this.#request(url, { ...options, agent: this.#agent, signal }, (response) => {
        readText(response).then((answer) => resolve({ status: response.statusCode ?? 0, text: answer }), reject);
      });
      request.once('error', reject);
      request.end(text);
    });
  }
}

const contentLength = (text: string) => (text === '' ? {} : { 'content-length': String(Buffer.byteLength(text)) });

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** A gateway may answer with another body than the problems of the API, or with no JSON. */
function answerOf(status: number, text: string): ApiAnswer {
  let body: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) body = parsed as Record<string, unknown>;
  } catch {
    return { status, error: 'not JSON', body };
  }
  if (status < 400) return { status, error: null, body };
  return { status, error: typeof body['code'] === 'string' ? body['code'] : 'no code', body };
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'timeout';
  return 'code' in error ? String(error.code) : error.name;
}
