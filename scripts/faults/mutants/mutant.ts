/** One change of one file: exactly one place of it. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A bug that somebody could write, and that the trials must find. */
export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
}

export const edit = (file: string, find: string, replace: string): Edit => ({ file, find, replace });

/** Takes the database's own guard away, to see that the checker does not depend on it. */
export const WITHOUT_TRIGGER = edit(
  'lambdas/pool/migrations/002.do.requests-and-refill.sql',
  '-- What stands around the pairs',
  'ALTER TABLE pair DISABLE TRIGGER pair_edges;\n-- What stands around the pairs',
);
