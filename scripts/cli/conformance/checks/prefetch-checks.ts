import { findReferenceFault } from '../../../../lambdas/tokenization/model/reference-rules.ts';
import type { Namespace } from '../../../../lambdas/tome/contract/contract.ts';
import { type Check, failed, notTried, passed } from '../check.ts';
import type { SuiteContext } from '../suite-context.ts';

/** Calls until the stock has the tokens, when TOME gives fewer than it is asked for. */
const MOST_PREFETCHES = 4;

const MS_PER_HOUR = 3_600_000;

/** How much earlier than the profile's an expiry may be, as a share. */
const EXPIRY_TOLERANCE = 0.1;

/** The tokens that a namespace issues: how many, which form, whether they repeat or expire. */
export const prefetchChecks = (namespace: Namespace): readonly Check[] => [
  {
    id: `${namespace}.prefetch`,
    sentence: 'A prefetch gives unassigned tokens, and never more than were asked for.',
    line: null,
    remedy: 'TOME must answer prefetch with the number of tokens in `count`, or fewer.',
    needs: [],
    calls: MOST_PREFETCHES,
    run: (context) => prefetch(context, namespace),
  },
  {
    id: `${namespace}.prefetch-size`,
    sentence: 'A prefetch of the largest size gives that many tokens.',
    line: 'limits.tokensPerPrefetch',
    remedy: 'Set limits.tokensPerPrefetch to the number that TOME gives.',
    needs: [`${namespace}.prefetch`],
    calls: 0,
    run: async ({ profile, tokens, stock }) => {
      const most = profile.limits.tokensPerPrefetch;
      if (tokens < most) return notTried(`it takes ${most} tokens: allow them with --tokens`);
      const largest = Math.max(...stock[namespace].answers.map((answer) => sizeOf(answer)));
      return largest === most ? passed() : failed(`${largest} tokens came instead of ${most}`);
    },
  },
  {
    id: `${namespace}.prefetch-unique`,
    sentence: 'No token is issued twice.',
    line: 'tokenLifetimeHours',
    remedy: 'TOME must not issue a token again before it expires; set tokenLifetimeHours if tokens expire.',
    needs: [`${namespace}.prefetch`],
    calls: 0,
    run: async ({ stock }) => {
      const { repeated, issued } = stock[namespace];
      return repeated === 0 ? passed() : failed(`${repeated} of ${issued.size} tokens were issued twice`);
    },
  },
  {
    id: `${namespace}.token-form`,
    sentence: 'Every token has the form that the profile describes.',
    line: `namespaces.${namespace}.token`,
    remedy: `Correct namespaces.${namespace}.token: npm run probe shows what the tokens look like.`,
    needs: [],
    calls: 0,
    run: async ({ stock }) => {
      const { answers, issued } = stock[namespace];
      const unusable = answers.flatMap((answer) => answer.unusable).filter(({ fault }) => fault !== 'expiry-format');
      if (issued.size + unusable.length === 0) return notTried('there are no tokens');
      return unusable.length === 0
        ? passed(`${issued.size} tokens`)
        : failed(`${unusable.length} of ${issued.size + unusable.length} tokens do not have it`);
    },
  },
  {
    id: `${namespace}.expiry`,
    sentence: 'Unassigned tokens do not expire earlier than the profile says.',
    line: 'tokenLifetimeHours',
    remedy: 'Set tokenLifetimeHours to the hours from a prefetch to `expiresAt`.',
    needs: [`${namespace}.prefetch`],
    calls: 0,
    run: async (context) => expiry(context, namespace),
  },
];

/** Whether the product can use the references. */
export const referenceCheck: Check = {
  id: 'ns2.references-acceptable',
  sentence: 'References cannot be taken for card numbers.',
  line: 'namespaces.ns2.token',
  remedy:
    'Let TOME issue references in the agreed format (docs/card-data.md), or set REFERENCE_FORMAT or REFERENCE_LUHN.',
  needs: ['ns2.prefetch'],
  calls: 0,
  run: async ({ stock, referenceRules }) => {
    const references = [...stock.ns2.issued];
    if (references.length === 0) return notTried('no reference has the form of the profile');
    const acceptable = references.filter((reference) => findReferenceFault(reference, referenceRules) === null).length;
    const share = `${acceptable} of ${references.length} are acceptable`;
    return acceptable === 0 ? failed(share) : passed(share);
  },
};

const sizeOf = ({ tokens, unusable }: { readonly tokens: readonly unknown[]; readonly unusable: readonly unknown[] }) =>
  tokens.length + unusable.length;

async function prefetch({ profile, tokens, product, stock }: SuiteContext, namespace: Namespace) {
  const wanted = Math.min(tokens, profile.limits.tokensPerPrefetch);
  let given = 0;
  for (let calls = 0; calls < MOST_PREFETCHES && given < wanted; calls += 1) {
    const asked = wanted - given;
    const answer = await product[namespace].prefetch(asked);
    stock[namespace].add(answer);
    const size = sizeOf(answer);
    if (size > asked) return failed(`${size} tokens came although ${asked} were asked for`);
    if (size === 0) break;
    given += size;
  }
  return given === 0 ? failed('no token came') : passed(`${given} of ${wanted}`);
}

function expiry({ profile, stock, dateMs }: SuiteContext, namespace: Namespace) {
  const { answers } = stock[namespace];
  if (answers.some(({ unusable }) => unusable.some(({ fault }) => fault === 'expiry-format'))) {
    return failed('`expiresAt` is not a date and time with a time zone');
  }
  const expiries = answers.flatMap(({ tokens }) => tokens.map(({ expiresAt }) => expiresAt));
  if (expiries.length === 0) return notTried('there are no tokens');
  const { tokenLifetimeHours: hours } = profile;
  if (hours === null) {
    const expiring = expiries.filter((at) => at !== null).length;
    return expiring === 0 ? passed() : failed(`${expiring} of ${expiries.length} tokens have an expiry`);
  }
  // The product's client gives each token the earlier expiry: TOME's, or that of the profile.
  const found = expiries.flatMap((at) => (at === null ? [] : [(at.getTime() - dateMs()) / MS_PER_HOUR]));
  const least = Math.min(...found);
  return least >= hours * (1 - EXPIRY_TOLERANCE) ? passed() : failed(`a token expires after ${least.toFixed(1)} hours`);
}
