import type { AuthenticationHeaders } from '../../../../lambdas/tome/client/authentication/authentication.ts';
import type { WireAnswer } from '../../wire/wire-answer.ts';
import { type Check, failed, notTried, passed, type Verdict } from '../check.ts';
import { CallFailed } from '../product-namespace.ts';
import type { SuiteContext } from '../suite-context.ts';
import { isDenial } from './observations.ts';

/** Who may call TOME. All calls are lookups on NS1 that find nothing. */
export const accessChecks: readonly Check[] = [
  {
    id: 'credential-required',
    sentence: 'A call without a credential is refused.',
    line: 'authentication',
    remedy: 'TOME must refuse callers that it does not know; or set authentication to none.',
    needs: [],
    calls: 1,
    run: async (context) =>
      context.profile.authentication.kind === 'none'
        ? notTried('the profile says that TOME asks for none')
        : isRefused(await context.openProduct('anonymous'), context),
  },
  {
    id: 'wrong-credential-refused',
    sentence: 'A call with a wrong credential is refused with 401 or 403.',
    line: 'authentication',
    remedy: 'TOME must check the credential.',
    needs: [],
    calls: 1,
    run: async (context) => {
      if (context.profile.authentication.kind === 'none') return notTried('the profile says that TOME asks for none');
      const body = lookupOf(context);
      const { status } = await lookupWith(context, altered(await context.wire.credentialHeaders(body)), body);
      return isDenialStatus(status) ? passed() : failed(`it was answered ${status}`);
    },
  },
  {
    id: 'access-tokens-independent',
    sentence: 'A new access token does not end an earlier one.',
    line: 'authentication',
    remedy: 'The token server must keep all access tokens valid: each process of the product has its own.',
    needs: [],
    calls: 3,
    run: async (context) => {
      if (context.profile.authentication.kind !== 'oauth2') return notTried('the profile has no access tokens');
      const earlier = await context.wire.credentialHeaders(lookupOf(context));
      await (await context.openProduct('another-process')).ns1.lookup(context.freshSource('ns1'));
      const { status } = await lookupWith(context, earlier);
      return isDenialStatus(status) ? failed('the earlier one was refused') : passed();
    },
  },
  {
    id: 'access-token-expires',
    sentence: 'An expired access token is refused with 401, and the client gets another one.',
    line: 'authentication',
    remedy: 'TOME must answer 401 for an expired access token, because the client then requests a new one.',
    needs: [],
    calls: 3,
    run: expireToken,
  },
  {
    id: 'certificate-required',
    sentence: 'A call without a client certificate is refused.',
    line: 'clientCertificate',
    remedy: 'TOME must ask for a client certificate; or set clientCertificate to false.',
    needs: [],
    calls: 1,
    run: async (context) => {
      if (!context.profile.clientCertificate) return notTried('the profile says that TOME asks for none');
      const request = { namespace: 'ns1', operation: 'lookup', body: lookupOf(context) } as const;
      const status = await context.wire.statusWithoutCertificate(request);
      if (status === null) return passed('there is no connection without it');
      return isDenialStatus(status) ? passed() : failed(`it was answered ${status}`);
    },
  },
];

const isDenialStatus = (status: number): boolean => status === 401 || status === 403;

/** Whether a lookup of this client is refused. */
async function isRefused(product: SuiteContext['product'], { freshSource }: SuiteContext): Promise<Verdict> {
  try {
    await product.ns1.lookup(freshSource('ns1'));
    return failed('it was answered');
  } catch (error) {
    if (error instanceof CallFailed && isDenial(error.failure)) return passed();
    throw error;
  }
}

/** The body of a lookup that finds nothing. */
const lookupOf = ({ freshSource }: SuiteContext): object => ({ source: freshSource('ns1') });

const lookupWith = (
  context: SuiteContext,
  authenticationHeaders: AuthenticationHeaders,
  body = lookupOf(context),
): Promise<WireAnswer> =>
  context.wire.callUnrecorded({ namespace: 'ns1', operation: 'lookup', body, authenticationHeaders });

/**
 * Each header with another character before its end. Not the last one: some of its bits have no
 * meaning in a signature.
 */
const altered = (headers: AuthenticationHeaders): AuthenticationHeaders =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const place = Math.max(0, value.length - 5);
      return [name, `${value.slice(0, place)}${value[place] === 'x' ? 'y' : 'x'}${value.slice(place + 1)}`];
    }),
  );

async function expireToken(context: SuiteContext): Promise<Verdict> {
  const { profile, waitSeconds, clock, product, freshSource } = context;
  if (profile.authentication.kind !== 'oauth2') return notTried('the profile has no access tokens');
  if (waitSeconds === 0) return notTried('it takes as long as a token is valid: allow it with --wait SECONDS');
  const earlier = await context.wire.credentialHeaders(lookupOf(context));
  await clock.sleep(waitSeconds * 1_000);
  const { status } = await lookupWith(context, earlier);
  if (status === 404 || status === 200) return notTried(`the token is still valid after ${waitSeconds} s`);
  if (status !== 401) return failed(`it was answered ${status}`);
  await product.ns1.lookup(freshSource('ns1'));
  return passed();
}
