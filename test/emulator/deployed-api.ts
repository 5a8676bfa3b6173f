import { emulatedApiUrl } from '../../scripts/emulator/emulated-api-url.ts';
import { signedCall } from '../../scripts/emulator/signed-call.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The deployed API, called as its callers do. */
export class DeployedApi {
  readonly #baseUrl: string;

  /** `apiUrl`: the address that it would have on AWS, as the stack's output names it. */
  constructor(endpointUrl: string, apiUrl: string) {
    this.#baseUrl = emulatedApiUrl(endpointUrl, apiUrl);
  }

  async post(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<ApiAnswer> {
    return answerOf(
      await signedCall({
        service: 'execute-api',
        url: `${this.#baseUrl}${path}`,
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    );
  }

  async get(path: string): Promise<ApiAnswer> {
    return answerOf(await signedCall({ service: 'execute-api', url: `${this.#baseUrl}${path}`, method: 'GET' }));
  }

  /** The same request as `post`, without a signature. */
  async postUnsigned(path: string, body: object): Promise<ApiAnswer> {
    const response = await fetch(`${this.#baseUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return answerOf({ status: response.status, headers: response.headers, text: await response.text() });
  }
}

const answerOf = (answer: Omit<ApiAnswer, 'body'>): ApiAnswer => ({ ...answer, body: JSON.parse(answer.text) });
