/** One change of one file. The text to find must occur exactly once. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** The kinds of planted bugs. A bug in the life of a pair has no kind. */
export const MUTANT_KINDS = [
  'database connections and server conditions',
  'deadlines and frozen functions',
  'backlogs',
  'one invalid item',
  'requests that were never sent',
  'card numbers and secrets in text',
  'separation of callers',
  'input that must be refused',
  'refusals inside a 200 answer',
  'protections in the database',
  'supply chain',
  'tests on a busy machine',
  'behaviour of the local programs',
  'clocks',
  'circuit breakers and rate limits',
  'growth of tables',
  'changes of a running system',
  'durability of the local stack',
  'privilege escalation of database roles',
  'answers with the reference of another card',
  'authentication at TOME',
  'card numbers, internal tokens and references that look alike',
  'limits that add up',
  'settings of an environment',
  'credentials of TOME',
  'tests of a running TOME',
] as const;
export type MutantKind = (typeof MUTANT_KINDS)[number];

/** A bug that a developer could write. A fault trial or a test must find it. */
export interface Mutant {
  readonly name: string;
  /** Absent for a bug in the life of a pair. */
  readonly kind?: MutantKind;
  readonly edits: readonly Edit[];
  /** At least one test of these files must fail. If absent, the fault trials must find the bug. */
  readonly tests?: readonly string[];
}

/**
 * The text with the change applied. Throws when the text to find does not occur exactly once: then
 * the planted bug would test nothing.
 */
export function planted(text: string, { file, find, replace }: Edit): string {
  if (text.split(find).length !== 2) throw new Error(`${file} must contain exactly once: "${find}"`);
  return text.replace(find, () => replace);
}

export const edit = (file: string, find: string, replace: string): Edit => ({ file, find, replace });
