import type { Namespace } from '../../lambdas/tome/contract/contract.ts';
import type { Journal } from './journal.ts';
import type { Switches } from './switches.ts';
import { randomToken } from './token-format.ts';

export interface IssuedToken {
  readonly token: string;
  readonly requestId: string;
  readonly expiresAtMs: number | null;
}

export type Binding =
  | { readonly outcome: 'bound'; readonly token: string; readonly isNew: boolean }
  | { readonly outcome: 'already-bound'; readonly token: string }
  | { readonly outcome: 'token-taken' | 'unknown-token' };

/**
 * The data of one namespace of TOME: unassigned tokens, and bindings, which are never overwritten.
 */
export class Vault {
  readonly namespace: Namespace;
  readonly #random: () => number;
  readonly #journal: Journal | null;
  readonly #issued = new Map<string, IssuedToken>();
  readonly #tokenOf = new Map<string, string>();
  readonly #sourceOf = new Map<string, string>();
  /** Expired tokens that will be issued again. */
  readonly #reissuable: string[] = [];

  constructor(namespace: Namespace, random: () => number, journal: Journal | null) {
    this.namespace = namespace;
    this.#random = random;
    this.#journal = journal;
    for (const entry of journal?.entriesOf(namespace) ?? []) {
      if ('source' in entry) this.#remember(entry.source, entry.token);
      else this.#issued.set(entry.token, entry);
    }
  }

  issue(requestId: string, count: number, nowMs: number, switches: Switches, make = this.#fresh): IssuedToken[] {
    const expiresAtMs = switches.tokenLifetimeMs === 0 ? null : nowMs + switches.tokenLifetimeMs;
    if (switches.tokenLifetimeMs > 0) this.#collectExpired(nowMs);
    const again = Math.min(count, this.#reissuable.length);
    const tokens = Array.from({ length: count }, (_, index) => ({
      token: index < again ? (this.#reissuable.at(-1 - index) ?? make(switches)) : make(switches),
      requestId,
      expiresAtMs,
    }));
    // Write the journal first: a token that it cannot store was not issued.
    this.#journal?.issued(this.namespace, requestId, tokens);
    this.#reissuable.length -= again;
    for (const issued of tokens) this.#issued.set(issued.token, issued);
    return tokens;
  }

  /** Binds a source to the wanted token, or to a new one. */
  bind(source: string, wanted: string | undefined, requestId: string, nowMs: number, switches: Switches): Binding {
    const standing = this.#tokenOf.get(source);
    if (standing !== undefined && (wanted === undefined || wanted === standing)) {
      return { outcome: 'bound', token: standing, isNew: false };
    }
    if (standing !== undefined && switches.binding === 'once') return { outcome: 'already-bound', token: standing };
    const token = wanted ?? this.issue(requestId, 1, nowMs, switches)[0]?.token;
    if (token === undefined || !this.#issued.has(token)) return { outcome: 'unknown-token' };
    if (this.#sourceOf.has(token) && switches.binding === 'once') return { outcome: 'token-taken' };
    // Write the journal first: a binding in memory only would be lost in a restart after its
    // answer.
    this.#journal?.bound(this.namespace, source, token);
    this.#remember(source, token);
    return { outcome: 'bound', token, isNew: true };
  }

  sourceOf(token: string): string | undefined {
    return this.#sourceOf.get(token);
  }

  tokenOf(source: string): string | undefined {
    return this.#tokenOf.get(source);
  }

  /** A token of another source, for wrong answers. */
  strangersToken(): string | undefined {
    const bound = [...this.#sourceOf.keys()];
    return bound[Math.floor(this.#random() * bound.length)];
  }

  issuedTokens(): readonly IssuedToken[] {
    return [...this.#issued.values()];
  }

  bindings(): readonly (readonly [source: string, token: string])[] {
    return [...this.#tokenOf];
  }

  get bindingCount(): number {
    return this.#tokenOf.size;
  }

  wipe(): void {
    this.#issued.clear();
    this.#tokenOf.clear();
    this.#sourceOf.clear();
    this.#reissuable.length = 0;
  }

  readonly #fresh = (switches: Switches): string => {
    for (;;) {
      const token = randomToken(this.namespace, switches.references, this.#random);
      if (!this.#issued.has(token)) return token;
    }
  };

  #collectExpired(nowMs: number): void {
    for (const { token, expiresAtMs } of this.#issued.values()) {
      if (expiresAtMs === null || expiresAtMs > nowMs) continue;
      if (!this.#sourceOf.has(token)) {
        this.#issued.delete(token);
        this.#reissuable.push(token);
      }
    }
  }

  #remember(source: string, token: string): void {
    const standing = this.#tokenOf.get(source);
    if (standing !== undefined) this.#sourceOf.delete(standing);
    this.#tokenOf.set(source, token);
    this.#sourceOf.set(token, source);
  }
}
