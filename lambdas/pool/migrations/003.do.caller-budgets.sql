-- What each caller has spent of its budgets: one row for each caller and kind of answer, written
-- only when such an answer is given. A budget of N in a window is refilled evenly, one unit each
-- window/N. spent_until is the time at which the budget will be full again. So one row holds the
-- whole state, and a new window adds no row. The caller is an account with its role or user; the
-- row has no session, card number or token.
CREATE TABLE caller_budget (
  caller text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('lookup-miss', 'detokenize-refusal', 'creation-of-existing')),
  spent_until timestamptz NOT NULL,
  PRIMARY KEY (caller, kind)
);
CREATE INDEX caller_budget_full ON caller_budget (spent_until);
