/** A condition, and the sentence for an environment that does not meet it. */
export type Rule = readonly [holds: boolean, sentence: string];

/** The sentences of the rules that do not hold. */
export const broken = (rules: readonly Rule[]): readonly string[] =>
  rules.filter(([holds]) => !holds).map(([, sentence]) => sentence);
