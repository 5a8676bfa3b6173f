import type { CardNumber } from './model/card-number.ts';
import type { CardReference } from './model/card-reference.ts';
import type { InternalToken } from './model/internal-token.ts';
import { findReferenceFault } from './model/reference-rules.ts';
import type { RequestContext } from './tokenizer.ts';
import { liveCall, type ReferenceDependencies } from './tokenizer-dependencies.ts';
import { NoReferenceOffered, TomeTokenTaken } from './tome-errors.ts';

/**
 * The most references that one request takes from NS2 to find one that it may bind. If TOME issues
 * any 16 digits, about three in ten are acceptable, and one request in a million finds none. The
 * deadline of the request can end the search earlier.
 */
const MOST_CANDIDATES = 40;

/** A card, and its token as NS1 named it. */
export interface NamedToken {
  readonly cardNumber: CardNumber;
  readonly internalToken: InternalToken;
  /** Whether NS1 has just bound it. A token that is not new may have a reference already. */
  readonly isNew: boolean;
}

/**
 * Binds a reference that was checked before: unassigned references are requested one at a time,
 * until one is acceptable. Nothing is bound when none is, so the card can be created later. A token
 * that has a reference already keeps it, whatever it looks like. Rejects with NoReferenceOffered.
 *
 * A reference that was requested and not bound is lost, because this request cannot keep it for
 * another one. It is counted as `candidate-lost`.
 */
export async function bindAcceptableCandidate(
  dependencies: ReferenceDependencies,
  named: NamedToken,
  context: RequestContext,
): Promise<{ readonly token: CardReference; readonly isNew: boolean }> {
  const { tome, report } = dependencies;
  const { internalToken } = named;
  const standing = named.isNew ? null : await tome.ns2.lookup(internalToken, liveCall(context));
  if (standing !== null) return { token: standing, isNew: false };
  for (let round = 0; round < MOST_CANDIDATES; round += 1) {
    const { tokens } = await tome.ns2.prefetch(1, liveCall(context));
    const candidate = tokens[0]?.token;
    if (candidate !== undefined && isAcceptable(dependencies, candidate, named)) {
      const answer = await bindUnlessTaken(dependencies, internalToken, candidate, context);
      if (answer?.token !== candidate) report('candidate-lost', context);
      if (answer !== null) return answer;
    } else report('candidate-lost', context);
  }
  // Another request can have bound the token meanwhile.
  const bound = await tome.ns2.lookup(internalToken, liveCall(context));
  if (bound === null) {
    throw new NoReferenceOffered('TOME offered no reference that can be accepted.', { attempts: MOST_CANDIDATES });
  }
  return { token: bound, isNew: false };
}

const isAcceptable = (
  dependencies: ReferenceDependencies,
  candidate: CardReference,
  { cardNumber, internalToken }: NamedToken,
): boolean =>
  findReferenceFault(candidate, dependencies) === null &&
  !cardNumber.hasDigits(candidate) &&
  (candidate as string) !== internalToken;

const bindUnlessTaken = (
  { tome }: ReferenceDependencies,
  internalToken: InternalToken,
  candidate: CardReference,
  context: RequestContext,
): Promise<{ readonly token: CardReference; readonly isNew: boolean } | null> =>
  tome.ns2.tokenize(internalToken, candidate, liveCall(context)).catch((error: unknown) => {
    if (error instanceof TomeTokenTaken) return null;
    throw error;
  });
