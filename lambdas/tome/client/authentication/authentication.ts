/** What a credential may need of a request. Every request is a POST. */
export interface OutgoingRequest {
  readonly url: URL;
  readonly body: string;
}

export type AuthenticationHeaders = Readonly<Record<string, string>>;

/** What shows TOME who calls. Another one replaces it; it never changes. */
export interface Credential {
  headersFor(request: OutgoingRequest): AuthenticationHeaders | Promise<AuthenticationHeaders>;
}

/** How this client authenticates at TOME (the line `authentication` of the profile). */
export interface Authentication {
  /** Requests a credential ahead of the first call. Does not wait and does not throw. */
  start(): void;
  /** Throws CredentialUnavailable when `ready` would reject at once. Requests nothing. */
  assertReady(): void;
  /**
   * Resolves when there is a valid credential, at once if there is one. For a call that got a 401
   * it must be another one than `refused`. Rejects with CredentialUnavailable when there is none
   * before the deadline, a monotonic time in milliseconds.
   */
  ready(deadlineMs: number, refused?: Credential | null): Promise<void>;
  /** `null` when the credential has expired since `ready`, or is the refused one. */
  current(refused?: Credential | null): Credential | null;
  /**
   * TOME answered 401 to this credential. Returns whether another one can be had, which is then
   * requested. Until it comes, other calls use the refused one: a gateway can refuse one operation
   * with a credential that is valid for all others.
   */
  refuse(credential: Credential): boolean;
}

/** A credential that does not expire and has no replacement. */
export const fixedAuthentication = (credential: Credential): Authentication => ({
  start: () => undefined,
  assertReady: () => undefined,
  ready: async () => undefined,
  current: () => credential,
  refuse: () => false,
});

export const noAuthentication: Authentication = fixedAuthentication({ headersFor: () => ({}) });
