import type { PrefetchAnswer } from '../../../lambdas/tokenization/ports/tome.ts';
import type { Namespace } from '../../../lambdas/tome/contract/contract.ts';
import { CannotTry } from './cannot-try.ts';

/** Unassigned tokens of one namespace, for the checks to use. */
export class TokenStock {
  readonly #namespace: Namespace;
  readonly #left: string[] = [];
  readonly #issued = new Set<string>();
  readonly #repeated = new Set<string>();
  readonly #answers: PrefetchAnswer<string>[] = [];

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
  }

  /** Adds an answer of prefetch. A token that was issued before is not offered twice. */
  add(answer: PrefetchAnswer<string>): void {
    this.#answers.push(answer);
    this.addTokens(answer.tokens.map(({ token }) => token));
  }

  /** Adds tokens of the form of the profile that came otherwise. */
  addTokens(tokens: readonly string[]): void {
    for (const token of tokens) {
      if (this.#issued.has(token)) this.#repeated.add(token);
      else this.#left.push(token);
      this.#issued.add(token);
    }
  }

  /** Every answer of prefetch, in order. */
  get answers(): readonly PrefetchAnswer<string>[] {
    return this.#answers;
  }

  /** The number of tokens that `take` can still return. */
  get left(): number {
    return this.#left.length;
  }

  /** Every token of the form of the profile. */
  get issued(): ReadonlySet<string> {
    return this.#issued;
  }

  /** The number of tokens that were issued more than once. */
  get repeated(): number {
    return this.#repeated.size;
  }

  /** An unassigned token that no check has used. Throws CannotTry when none is left. */
  take(): string {
    const token = this.#left.shift();
    if (token === undefined) {
      throw new CannotTry(`${this.#namespace.toUpperCase()} has given too few tokens: ask for more with --tokens`);
    }
    return token;
  }
}
