/** One change of one file: exactly one place of it. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A bug that a developer could write, and that a trial or a test must find. */
export interface Mutant {
  readonly name: string;
  /** The class of faults that it stands for; docs/faults.md lists the classes. */
  readonly kind?: string;
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
