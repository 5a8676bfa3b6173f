/**
 * The base of every expected failure. The code is stable and is all a caller may depend on; the message never holds a card
 * number or an internal token, because it reaches logs. HTTP statuses are decided in one table, `api/problem.ts`.
 */
export abstract class TokenizationError extends Error {
  abstract override readonly name: string;
  abstract readonly code: string;
  /** Whether the same request may succeed later, unchanged. */
  abstract readonly retryable: boolean;
  /** When to try again, in whole seconds; only on retryable errors. */
  readonly retryAfterSeconds: number | null = null;
}
