import type { Namespace, Operation } from '../../../lambdas/tome/contract/contract.ts';
import { pathOf } from '../../../lambdas/tome/profile/path-of.ts';
import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import type { Simulator } from '../../../scripts/simulator/simulator.ts';

export interface SimulatorAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/**
 * Calls one operation as the profile says, with additional headers. The body of a page is empty.
 */
export async function callSimulator(
  { url }: Pick<Simulator, 'url'>,
  profile: TomeProfile,
  namespace: Namespace,
  operation: Operation,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<SimulatorAnswer> {
  const response = await fetch(`${url}${pathOf(profile, namespace, operation)}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { [profile.headers.requestId]: 'r1', ...headers },
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
}

/** The tokens of a prefetch answer. */
export const tokensIn = ({ body }: SimulatorAnswer): readonly string[] =>
  (body['tokens'] as readonly { readonly token: string }[]).map(({ token }) => token);
