/** One change of one file: exactly one place of it. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** The classes of faults that planted bugs stand for, beside the faults of a pair's life, which have no class. */
export const MUTANT_KINDS = [
  'conditions of connections and servers',
  'deadlines and frozen functions',
  'backlogs',
  'one odd item',
  'never sent',
  'secrets and numbers in words',
  'callers apart',
  'card data that must not come in',
  'refusals inside a 200',
  "the database's defences",
  'supply chain',
  'tests on a busy machine',
  "the local stack's manners",
  'clocks',
  'breakers and throttles',
  'growth',
  'changes of a running system',
  "the local stack's survival",
  'roles that become the owner',
  'answers of another card',
] as const;
export type MutantKind = (typeof MUTANT_KINDS)[number];

/** A bug that a developer could write, and that a trial or a test must find. */
export interface Mutant {
  readonly name: string;
  /** None for a fault of a pair's life. */
  readonly kind?: MutantKind;
  readonly edits: readonly Edit[];
  /** The test files of which at least one test must fail. Without them the fault trials hunt the bug. */
  readonly tests?: readonly string[];
}

/** The file's text with the change in it. Throws when its place is gone, or is not the only one: then the bug tests nothing any more. */
export function planted(text: string, { file, find, replace }: Edit): string {
  if (text.split(find).length !== 2) throw new Error(`"${find}" is not in exactly one place of ${file}`);
  return text.replace(find, () => replace);
}

export const edit = (file: string, find: string, replace: string): Edit => ({ file, find, replace });
