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

/** The file's text with the change in it. Throws when its place is gone, or is not the only one: then the bug tests nothing any more. */
export function planted(text: string, { file, find, replace }: Edit): string {
  if (text.split(find).length !== 2) throw new Error(`"${find}" is not in exactly one place of ${file}`);
  return text.replace(find, () => replace);
}

export const edit = (file: string, find: string, replace: string): Edit => ({ file, find, replace });
