import { emulatedApiUrl } from '../../scripts/emulator/emulated-api-url.ts';
import { signedCall } from '../../scripts/emulator/signed-call.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends signed requests to the deployed API through API Gateway. */
export class DeployedApi {
  readonly #baseUrl: string;

  /** `apiUrl`: the URL on AWS, as in the output of the stack. */
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

  /** Like `post`, without a signature. */
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
