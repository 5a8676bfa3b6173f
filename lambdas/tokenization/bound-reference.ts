import { bindAcceptableCandidate, type NamedToken } from './bind-candidate.ts';
import type { CardNumber } from './model/card-number.ts';
import type { CardReference } from './model/card-reference.ts';
import { type InternalToken, isNewInternalToken } from './model/internal-token.ts';
import { isOddReference } from './model/reference-rules.ts';
import { isInternalTokenByForm } from './model/token-form.ts';
import type { RequestContext } from './tokenizer.ts';
import { liveCall, type ReferenceDependencies } from './tokenizer-dependencies.ts';
import { InternalTokenUnacceptable, ReferenceUnacceptable } from './tome-errors.ts';

/**
 * The reference of a card's internal token; NS2 makes one if there is none. Can be repeated without
 * harm. A reference that this deployment would not have taken is accepted and counted, because NS2
 * binds a token once: refused, it would leave its card unusable for ever. With
 * UNACCEPTABLE_REFERENCES=refuse a new one is checked before it is bound. A token without the
 * profile's form gets no new reference. Rejects with ReferenceUnacceptable, and like
 * `findBoundReference`.
 */
export async function bindReference(
  dependencies: ReferenceDependencies,
  named: NamedToken,
  context: RequestContext,
): Promise<{ readonly cardReference: CardReference; readonly isNew: boolean }> {
  const isOutdated = !isNewInternalToken(named.internalToken, dependencies.forms);
  const standing = isOutdated ? await findBoundReference(dependencies, named, context) : null;
  if (standing !== null) return { cardReference: standing, isNew: false };
  const { token, isNew } =
    dependencies.unacceptableReferences === 'refuse'
      ? await bindAcceptableCandidate(dependencies, named, context)
      : await dependencies.tome.ns2.tokenize(named.internalToken, null, liveCall(context));
  return { cardReference: accept(dependencies, token, named.cardNumber, isNew, context), isNew };
}

/**
 * The reference that a card's internal token has on NS2, or `null`. It may have been returned under
 * an older version of the format, or by another client of TOME, and must stay readable
 * (docs/design.md#i4). Rejects with ReferenceUnacceptable, and with InternalTokenUnacceptable when
 * NS2 does not know a token that the profile does not allow: the card has no reference that a
 * creation could find.
 */
export async function findBoundReference(
  dependencies: ReferenceDependencies,
  { cardNumber, internalToken }: Omit<NamedToken, 'isNew'>,
  context: RequestContext,
): Promise<CardReference | null> {
  const reference = await dependencies.tome.ns2.lookup(internalToken, liveCall(context));
  if (reference !== null) return accept(dependencies, reference, cardNumber, false, context);
  assertMayBeUnknown(internalToken, dependencies);
  return null;
}

/**
 * Throws InternalTokenUnacceptable for a token without the profile's form. Called when TOME does
 * not know a token that it has named: then the token is no bound one of an earlier profile, and the
 * answer that named it was wrong.
 */
export function assertMayBeUnknown(
  internalToken: InternalToken,
  { forms }: Pick<ReferenceDependencies, 'forms'>,
): void {
  if (!isNewInternalToken(internalToken, forms)) throw new InternalTokenUnacceptable();
}

/** Throws ReferenceUnacceptable when the reference is the card's own number. */
export function assertNotCardNumber(reference: CardReference, cardNumber: CardNumber): void {
  if (cardNumber.hasDigits(reference)) throw new ReferenceUnacceptable();
}

/**
 * Returns a reference that NS2 has bound, and counts it if it is odd. Throws ReferenceUnacceptable
 * for a text that must never be given out: the card's own number, and what is an internal token by
 * its form. Such an answer contradicts TOME's profile, and no caller could send it back.
 */
function accept(
  dependencies: ReferenceDependencies,
  reference: CardReference,
  cardNumber: CardNumber,
  isNew: boolean,
  context: RequestContext,
): CardReference {
  assertNotCardNumber(reference, cardNumber);
  if (isInternalTokenByForm(reference, dependencies.forms)) throw new ReferenceUnacceptable();
  if (isOddReference(reference, dependencies, isNew)) dependencies.report('reference-odd', context);
  return reference;
}
