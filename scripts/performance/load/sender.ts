/** A request to the API, in its own terms. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST';
  /** Below the deployment's address, with its leading slash. */
  readonly path: string;
  readonly body?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came of it. `status` is 0 when there was no answer, and `error` says why; with a status of failure `error` is the problem's code. */
export interface ApiAnswer {
  readonly status: number;
  readonly error: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends requests to one deployment. */
export interface Sender {
  /** Never rejects: what fails is an answer with an `error`. */
  send(request: ApiRequest): Promise<ApiAnswer>;
  close(): void;
}
