/**
 * Arrays as postgres.js can send them: it takes an array's type from its first element, and then declares the parameter as that element's
 * type. Texts have no type of their own, so the cast in the statement decides.
 */
export const bigintArray = (values: readonly bigint[]): string[] => values.map(String);

export const timestampArray = (values: readonly (Date | null)[]): (string | null)[] =>
  values.map((value) => value?.toISOString() ?? null);
