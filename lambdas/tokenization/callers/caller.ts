/** Who sent a request, as API Gateway verified it. */
export interface Caller {
  readonly account: string;
  /** What acts within the account: `role/NAME`, `user/NAME`, `federated-user` or `root`. */
  readonly principal: string;
  /**
   * The name of the session. Whoever assumes the role chooses it, so it identifies nobody: it is for the audit record and
   * never part of a key or a budget.
   */
  readonly session: string | null;
}

/** Where a request came from and what it is called on its way; for the audit record. Absent parts are `null`. */
export interface RequestOrigin {
  readonly sourceAddress: string | null;
  readonly gatewayRequestId: string | null;
  readonly gatewayExtendedRequestId: string | null;
  readonly functionRequestId: string | null;
}

/** The same text for two requests exactly if they share keys and budgets. No account has a slash in it. */
export const callerName = ({ account, principal }: Caller): string => `${account}/${principal}`;
