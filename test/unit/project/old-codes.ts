/**
 * Codes of a plan that the repository does not contain. A reader cannot open it, so a comment or a
 * page says the same in words and cites docs/design.md.
 */
const PHRASES = /\bbrief(?:'s)? \d\b|\brule \d+\b|\bthe issue\b|\bissue's\b|\busers' SQL/gi;
const LETTERED = /(?<![\w#/.-])[APMDL][1-7](?:-[APMDL][1-7])?(?![\w-]|\.\w)/g;

/** Each old code in a text. */
export const oldCodesIn = (text: string): readonly string[] =>
  [PHRASES, LETTERED].flatMap((codes) => [...text.matchAll(codes)].map(([code]) => code));
