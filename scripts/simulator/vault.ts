import type { Namespace } from '../../lambdas/tome/contract/contract.ts';
import type { Journal } from './journal.ts';
import type { Switches } from './switches.ts';
import { randomToken, type TokenForm } from './token-format.ts';

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
  readonly form: TokenForm;
  readonly #random: () => number;
  readonly #journal: Journal | null;
  readonly #issued = new Map<string, IssuedToken>();
  readonly #tokenOf = new Map<string, string>();
  readonly #sourceOf = new Map<string, string>();
  /** Expired tokens that will be issued again. */
  readonly #reissuable: string[] = [];

  constructor(namespace: Namespace, form: TokenForm, random: () => number, journal: Journal | null) {
    this.namespace = namespace;
    this.form = form;
    this.#random = random;
    this.#journal = journal;
    for (const entry of journal?.entriesOf(namespace) ?? []) {
      if ('source' in entry) this.#remember(entry.source, entry.token);
      else this.#issued.set(entry.token, entry);
    }
  }

  /**
   * Issues unassigned tokens: expired ones again, and then new ones. With `make` all are new, and
   * random where it returns `null`. Throws FileNotWritable; then nothing was issued.
   */
  issue(
    requestId: string,
    count: number,
    nowMs: number,
    switches: Switches,
    make?: () => string | null,
  ): IssuedToken[] {
    if (switches.tokenLifetimeMs > 0) this.#collectExpired(nowMs);
    const again = make === undefined ? Math.min(count, this.#reissuable.length) : 0;
    const tokens = new Set(this.#reissuable.slice(this.#reissuable.length - again).reverse());
    while (tokens.size < count) {
      const token = make?.() ?? this.#randomToken(switches);
      if (!this.#issued.has(token)) tokens.add(token);
    }
    const issued = this.issueThese(requestId, [...tokens], nowMs, switches);
    this.#reissuable.length -= again;
    return issued;
  }

  /** Issues exactly these tokens, also ones that were issued before. Throws FileNotWritable. */
  issueThese(requestId: string, tokens: readonly string[], nowMs: number, switches: Switches): IssuedToken[] {
    const expiresAtMs = switches.tokenLifetimeMs === 0 ? null : nowMs + switches.tokenLifetimeMs;
    const issued = tokens.map((token) => ({ token, requestId, expiresAtMs }));
    // Write the journal first: a token that it cannot store was not issued.
    this.#journal?.issued(this.namespace, requestId, issued);
    for (const entry of issued) this.#issued.set(entry.token, entry);
    return issued;
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
    this.#bindNow(source, token);
    return { outcome: 'bound', token, isNew: true };
  }

  /**
   * Binds a source to this token, which needs not have been issued, unless the source is bound.
   * Returns the token of the source. For bindings that were made outside the product.
   */
  bindElsewhere(source: string, token: string, requestId: string, nowMs: number, switches: Switches): string {
    const standing = this.#tokenOf.get(source);
    if (standing !== undefined) return standing;
    if (!this.#issued.has(token)) this.issueThese(requestId, [token], nowMs, switches);
    this.#bindNow(source, token);
    return token;
  }

  isIssued(token: string): boolean {
    return this.#issued.has(token);
  }

  sourceOf(token: string): string | undefined {
    return this.#sourceOf.get(token);
  }

  tokenOf(source: string): string | undefined {
    return this.#tokenOf.get(source);
  }

  /** A token of another source, for wrong answers. */
  strangersToken(): string | undefined {
    const bound = [...this.#sourceOf].flatMap(([token, source]) => (token === source ? [] : [token]));
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

  #randomToken(switches: Switches): string {
    return randomToken(this.form, this.namespace === 'ns2' ? switches.references : null, this.#random);
  }

  #collectExpired(nowMs: number): void {
    for (const { token, expiresAtMs } of this.#issued.values()) {
      if (expiresAtMs === null || expiresAtMs > nowMs) continue;
      if (!this.#sourceOf.has(token)) {
        this.#issued.delete(token);
        this.#reissuable.push(token);
      }
    }
  }

  #bindNow(source: string, token: string): void {
    // Write the journal first: a binding in memory only would be lost in a restart after its
    // answer.
    this.#journal?.bound(this.namespace, source, token);
    this.#remember(source, token);
  }

  #remember(source: string, token: string): void {
    const standing = this.#tokenOf.get(source);
    if (standing !== undefined) this.#sourceOf.delete(standing);
    this.#tokenOf.set(source, token);
    this.#sourceOf.set(token, source);
  }
}
