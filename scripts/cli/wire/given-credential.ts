import { asksForCredential, type TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import { readSecretLine } from '../read-secret-line.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The variables with the credential that the profile asks for. Without TOME_CREDENTIAL and
 * TOME_CREDENTIAL_SECRET_ID it is read from standard input: as an argument, other users of the
 * machine could see it.
 */
export async function withCredential(
  { authentication }: Pick<TomeProfile, 'authentication'>,
  variables: Variables,
): Promise<Variables> {
  const isGiven = (variables['TOME_CREDENTIAL'] ?? variables['TOME_CREDENTIAL_SECRET_ID'] ?? '') !== '';
  if (!asksForCredential(authentication) || isGiven) return variables;
  const question = `Credential of TOME (${authentication.kind}): `;
  const text = await readSecretLine(question, { input: process.stdin, output: process.stderr });
  return { ...variables, TOME_CREDENTIAL: text };
}
