/**
 * The most availability zones of an environment. Its network keeps room for all of them, so that a
 * zone can be added without a change to the others.
 */
export const MOST_ZONES = 3;
