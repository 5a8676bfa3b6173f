import { randomUUID } from 'node:crypto';
import { composeTome } from '../../../lambdas/composition/tome.ts';
import { composeTomeAccess } from '../../../lambdas/composition/tome-access.ts';
import type { Settings } from '../../../lambdas/runtime/setting-groups.ts';
import { readSettings } from '../../../lambdas/runtime/settings.ts';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import { withDistinctTexts } from '../../../lambdas/tokenization/distinct-texts.ts';
import { TomeEndpoints } from '../../../lambdas/tome/client/tome-endpoints.ts';
import { isShipped, SHIPPED_PROFILES } from '../../../lambdas/tome/profile/shipped-profiles.ts';
import { statusWithoutCertificate } from '../wire/status-without-certificate.ts';
import { WireCalls, type WireRequest } from '../wire/wire-calls.ts';
import type { CallBudget } from './call-budget.ts';
import { type ProductNamespaces, productNamespaces } from './product-namespace.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** A TOME as the product's client sees it, and for single requests. */
export interface OpenTome {
  readonly product: ProductNamespaces;
  readonly wire: WireCalls;
  /** The status for a caller without a client certificate; `null` without an answer. */
  readonly statusWithoutCertificate: (request: WireRequest) => Promise<number | null>;
}

/**
 * Settings that differ from the product's: one attempt for each call, so that a fault is seen and
 * not repeated, and no breaker that would refuse the calls after it. The suite limits its rate
 * itself and makes no batch calls.
 */
const OWN_SETTINGS = {
  TOME_MAX_ATTEMPTS: '1',
  TOME_RETRY_RATIO: '0',
  TOME_BREAKER_FAILURES: '1000',
  TOME_BATCH_CALLS_PER_SECOND: '1',
  TOME_LIVE_CALLS_PER_SECOND: '0',
};

/** The settings of the suite. Throws InvalidSettings. */
export const suiteSettings = (variables: Variables): Settings<'domain' | 'tome'> =>
  readSettings(['domain', 'tome'], { ...variables, ...OWN_SETTINGS });

/** Composes the product's client with a credential of its own. Rejects with SecretUnusable. */
export async function openTome(
  settings: Settings<'domain' | 'tome'>,
  budget: CallBudget,
  dateMs: () => number,
): Promise<OpenTome> {
  const access = await composeTomeAccess(settings);
  const { authentication, certificate } = access;
  const profile = settings.TOME_PROFILE;
  const endpoints = new TomeEndpoints({ baseUrl: settings.TOME_URL, profile, certificate }, systemClock);
  const tome = withDistinctTexts(await composeTome(settings, access, dateMs));
  const timeoutMs = settings.TOME_ATTEMPT_TIMEOUT_MS;
  const wire = new WireCalls({ endpoints, authentication, clock: systemClock, timeoutMs });
  return {
    product: productNamespaces(tome, budget, systemClock, `conformance-${randomUUID()}`),
    wire,
    async statusWithoutCertificate(request) {
      const { connections, path } = endpoints.of(request.namespace, request.operation);
      const headers = await wire.headersFor(request);
      const body = JSON.stringify(request.body);
      return statusWithoutCertificate({ url: connections.urlOf(path), headers, body, certificate, timeoutMs });
    },
  };
}

/** The variables of a caller who has no credential. */
export const anonymousVariables = (variables: Variables): Variables => ({
  ...variables,
  TOME_PROFILE: JSON.stringify({
    ...writtenProfile(variables['TOME_PROFILE'] ?? ''),
    authentication: { kind: 'none' },
  }),
  TOME_CREDENTIAL: undefined,
  TOME_CREDENTIAL_SECRET_ID: undefined,
});

/** The profile of a text that was read without faults. */
const writtenProfile = (text: string): object => (isShipped(text) ? SHIPPED_PROFILES[text] : JSON.parse(text));
