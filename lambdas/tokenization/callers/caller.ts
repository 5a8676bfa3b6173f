/** The sender of a request, as API Gateway verified it. */
export interface Caller {
  readonly account: string;
  /** What acts within the account: `role/NAME`, `user/NAME`, `federated-user` or `root`. */
  readonly principal: string;
  /**
   * The name of the session, for the audit record. The caller chooses it when it assumes the role,
   * so it proves nothing and is never part of a key or a budget.
   */
  readonly session: string | null;
}

/** Where a request came from and its ids, for the audit record. Absent parts are `null`. */
export interface RequestOrigin {
  readonly sourceAddress: string | null;
  readonly gatewayRequestId: string | null;
  readonly gatewayExtendedRequestId: string | null;
  readonly functionRequestId: string | null;
}

/** Equal for two callers exactly if they share keys and budgets. An account contains no slash. */
export const callerName = ({ account, principal }: Caller): string => `${account}/${principal}`;
