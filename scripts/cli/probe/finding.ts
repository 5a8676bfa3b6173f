/** What one question to TOME found. */
export interface Finding {
  readonly question: string;
  readonly answer: string;
  /** The setting that follows, by its name in the environment; none where the product is indifferent. */
  readonly setting?: { readonly name: string; readonly value: string };
  /** The product must not work with a TOME that answers so. */
  readonly isForbidding?: boolean;
}
