import type { WrittenProfile } from './tome-profile.ts';

const simulator: WrittenProfile = {
  name: 'simulator',
  namespaces: {
    ns1: { name: 'ns1', token: { alphabet: 'url-safe', shortest: 20, longest: 64 } },
    ns2: { name: 'ns2', token: { alphabet: 'digits', shortest: 16, longest: 16 } },
  },
  limits: { callsPerSecond: 250, scope: 'endpoint', tokensPerPrefetch: 5_000 },
};

/**
 * An example of a lower environment of a bank. Its internal tokens have 16 digits and the first
 * digit 9, which no reference has, so the forms are told apart.
 */
const uat: WrittenProfile = {
  name: 'uat',
  namespaces: {
    ns1: {
      name: 'ComCardCreditCard',
      token: { alphabet: 'digits', shortest: 16, longest: 16, forbiddenStarts: ['0-8'], checkDigit: 'must-fail' },
    },
    ns2: {
      name: 'ExtCardReference',
      token: { alphabet: 'digits', shortest: 16, longest: 16, forbiddenStarts: ['0', '3-5', '7', '9'] },
    },
  },
  path: '/tome/v2/{namespace}/{operation}',
  headers: { requestId: 'x-message-id', correlationId: 'x-trace-id', lane: null },
  authentication: { kind: 'header', header: 'x-api-key' },
  alreadyBound: 'conflict',
  tokenLifetimeHours: 720,
  limits: { callsPerSecond: 250, scope: 'endpoint', tokensPerPrefetch: 1_000 },
};

/**
 * An example of a TOME whose internal tokens look like card numbers and like references: 16 digits
 * with any start and any check digit. Nothing but knowledge tells the three apart.
 */
const sixteenDigits: WrittenProfile = {
  name: 'sixteen-digits',
  namespaces: {
    ns1: {
      name: 'ComCardCreditCard',
      token: { alphabet: 'digits', shortest: 16, longest: 16, forbiddenStarts: ['0'] },
    },
    ns2: {
      name: 'ExtCardReference',
      token: { alphabet: 'digits', shortest: 16, longest: 16, forbiddenStarts: ['0', '3-5', '7'] },
    },
  },
  toldApart: 'by-knowledge',
  answersShow: 'item',
  authentication: { kind: 'oauth2', tokenUrl: '/oauth2/token', scope: 'tome.tokens' },
  alreadyBound: 'conflict',
  tokenLifetimeHours: 720,
  bulkItems: 500,
  limits: { callsPerSecond: 250, scope: 'namespace', tokensPerPrefetch: 5_000 },
};

/** The profiles of the repository, by name. `simulator` is the default. */
export const SHIPPED_PROFILES = {
  simulator,
  uat,
  'sixteen-digits': sixteenDigits,
} as const satisfies Readonly<Record<string, WrittenProfile>>;

export type ShippedProfileName = keyof typeof SHIPPED_PROFILES;

export const isShipped = (name: string): name is ShippedProfileName => Object.hasOwn(SHIPPED_PROFILES, name);
