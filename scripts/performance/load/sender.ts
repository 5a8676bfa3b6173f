/** A request to the API. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST';
  /** The path below the base URL, with its leading slash. */
  readonly path: string;
  readonly body?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The answer. `status` is 0 when there was none, and `error` is the reason. For a failure, `error`
 * is the code of the problem.
 */
export interface ApiAnswer {
  readonly status: number;
  readonly error: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends requests to one deployment. */
export interface Sender {
  /** Never rejects: a failure is an answer with an `error`. */
  send(request: ApiRequest): Promise<ApiAnswer>;
  close(): void;
}
