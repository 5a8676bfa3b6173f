-- What each caller has spent of its budgets: one row for each caller and kind of answer, written only when such an answer is
-- given. A budget of N in a window refills evenly, one unit each window/N. spent_until is the time at which it will be full
-- again, so one row holds the whole state and no row is ever added for a new window. The caller is an account with
-- its role or user; no session, no card number, no token.
CREATE TABLE caller_budget (
  caller text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('lookup-miss', 'detokenize-refusal', 'creation-of-existing')),
  spent_until timestamptz NOT NULL,
  PRIMARY KEY (caller, kind)
);
CREATE INDEX caller_budget_full ON caller_budget (spent_until);
