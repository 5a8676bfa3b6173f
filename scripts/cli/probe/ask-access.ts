import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import type { WireAnswer } from '../wire/wire-answer.ts';
import type { Finding } from './finding.ts';

/**
 * Whether TOME answers calls without a credential. `callWithout` sends a lookup without one; it is
 * not sent when the profile has none.
 */
export async function askAccess(
  { authentication }: Pick<TomeProfile, 'authentication'>,
  callWithout: () => Promise<WireAnswer>,
): Promise<Finding> {
  const question = 'is a credential required';
  if (authentication.kind === 'none') return { question, answer: 'no: these calls had none' };
  const { status } = await callWithout();
  return {
    question,
    answer:
      status === 401 || status === 403
        ? `yes: ${authentication.kind}; ${status} without one`
        : `no: a call without one was answered ${status}`,
  };
}
