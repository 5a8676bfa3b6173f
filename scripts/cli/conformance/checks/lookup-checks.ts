import { hasForm, type TokenForm } from '../../../../lambdas/tokenization/model/token-form.ts';
import { TomeRequestRefused, TomeTokenTaken } from '../../../../lambdas/tokenization/tome-errors.ts';
import type { Namespace } from '../../../../lambdas/tome/contract/contract.ts';
import { fieldOf, nameOf, refusalOf } from '../../wire/wire-answer.ts';
import type { WireRequest } from '../../wire/wire-calls.ts';
import { CannotTry } from '../cannot-try.ts';
import { type Check, failed, notTried, passed } from '../check.ts';
import { CallFailed } from '../product-namespace.ts';
import type { SuiteContext } from '../suite-context.ts';
import { pairOf } from './binding-checks.ts';

/** Calls of one kind among those that are sent at once. */
const AT_ONCE = 4;

/** How a namespace finds bindings, and what it refuses. */
export const lookupChecks = (namespace: Namespace): readonly Check[] => {
  const id = (name: string): string => `${namespace}.${name}`;
  return [
    {
      id: id('lookup'),
      sentence: 'A lookup of a bound source gives its token.',
      line: null,
      remedy: 'TOME must find what it has bound.',
      needs: [id('bind')],
      calls: 1,
      run: async ({ product, bound }) => {
        const { source, token } = pairOf(bound, namespace);
        const found = await product[namespace].lookup(source);
        return found === token ? passed() : failed(found === null ? 'nothing was found' : 'another token came');
      },
    },
    {
      id: id('detokenize'),
      sentence: 'A bound token gives its source.',
      line: null,
      remedy: 'TOME must return the source that it has bound, unchanged.',
      needs: [id('bind')],
      calls: 1,
      run: async ({ product, bound }) => {
        const { source, token } = pairOf(bound, namespace);
        const found = await product[namespace].detokenize(token);
        return found === source ? passed() : failed(found === null ? 'nothing was found' : 'another source came');
      },
    },
    {
      id: id('not-found'),
      sentence: 'An unknown source and an unassigned token are answered 404 not-found.',
      line: null,
      remedy: 'TOME must answer 404 not-found; if a made-up card is bound already, choose another --serial.',
      needs: [id('prefetch')],
      calls: 2,
      run: async ({ product, stock, freshSource }) => {
        if ((await product[namespace].lookup(freshSource(namespace))) !== null)
          return failed('a new source has a token');
        const found = await product[namespace].detokenize(stock[namespace].take());
        return found === null ? passed() : failed('an unassigned token has a source');
      },
    },
    {
      id: id('not-crossed'),
      sentence: 'Calls at once each get their own answer.',
      line: null,
      remedy: 'TOME, or a server in front of it, mixes answers: the product must not be used with it.',
      needs: [id('lookup'), id('detokenize'), id('not-found')],
      calls: 3 * AT_ONCE,
      run: (context) => callAtOnce(context, namespace),
    },
    {
      id: id('never-issued'),
      sentence: 'A token that TOME has never issued is not bound.',
      line: null,
      remedy: 'TOME must answer 400 bad-request for a token that it has not issued.',
      needs: [id('bind')],
      calls: 1,
      run: (context) => bindMadeUpToken(context, namespace),
    },
    {
      id: id('unusable-input'),
      sentence: 'A request that cannot be used is answered 400 bad-request.',
      line: null,
      remedy: 'TOME must answer 400 and not 5xx: the client takes 5xx for an outage and stops calling.',
      needs: [],
      calls: 4,
      run: ({ wire }) => sendUnusable(wire, namespace),
    },
  ];
};

/** Whether a status is about TOME, or the caller, and not about the request. */
const isAboutTome = (status: number): boolean => status === 429 || status > 500 || status === 401 || status === 403;

async function callAtOnce({ wire, freshSource, bound }: SuiteContext, namespace: Namespace) {
  const { source, token } = pairOf(bound, namespace);
  const unknown = freshSource(namespace);
  const kinds: readonly [request: WireRequest, field: string, wanted: string | undefined][] = [
    [{ namespace, operation: 'lookup', body: { source } }, 'token', token],
    [{ namespace, operation: 'lookup', body: { source: unknown } }, 'token', undefined],
    [{ namespace, operation: 'detokenize', body: { token } }, 'source', source],
  ];
  const sent = Array.from({ length: AT_ONCE }, () => kinds).flat();
  const answers = await wire.burst(sent.map(([request]) => request));
  const refused = answers.filter(({ status }) => isAboutTome(status)).length;
  if (refused > 0) return notTried(`${refused} of ${answers.length} calls were refused`);
  const wrong = answers.filter(({ status, content }, index) => {
    const [, field, wanted] = sent[index] ?? [];
    return field === undefined || (status === 200 ? fieldOf(content, field) : undefined) !== wanted;
  });
  return wrong.length === 0 ? passed() : failed(`${wrong.length} of ${answers.length} calls got another answer`);
}

async function bindMadeUpToken({ profile, product, stock, freshSource }: SuiteContext, namespace: Namespace) {
  const token = madeUpToken(profile.namespaces[namespace].token, stock[namespace].issued);
  try {
    await product[namespace].tokenize(freshSource(namespace), token);
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    if (error.failure instanceof TomeRequestRefused || error.failure instanceof TomeTokenTaken) return passed();
    throw error;
  }
  return failed('it was accepted');
}

const CHARACTERS = { digits: '0123456789', 'url-safe': 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-' };

/**
 * Texts that are tried until one has the form. With one first digit and a check digit, one in 100
 * has it.
 */
const MOST_TRIES = 100_000;

/** A random text of the form. Without digits where that is allowed: then it is no card number. */
function madeUpToken(form: TokenForm, issued: ReadonlySet<string>): string {
  const characters = CHARACTERS[form.alphabet];
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const text = Array.from(
      { length: form.longest },
      () => characters[Math.floor(Math.random() * characters.length)],
    ).join('');
    if (hasForm(text, form) && !issued.has(text)) return text;
  }
  throw new CannotTry('no text of the form could be made up');
}

async function sendUnusable(wire: SuiteContext['wire'], namespace: Namespace) {
  const requests: readonly WireRequest[] = [
    { namespace, operation: 'prefetch', body: { count: 0 } },
    { namespace, operation: 'tokenize', body: { source: '' } },
    { namespace, operation: 'lookup', body: {} },
    { namespace, operation: 'detokenize', body: { token: '' } },
  ];
  const wrong: string[] = [];
  for (const request of requests) {
    const answer = await wire.callUnrecorded(request);
    if (isAboutTome(answer.status)) return notTried(`${nameOf(answer)} answered ${answer.status}`);
    if (refusalOf(answer) !== 'bad-request') wrong.push(`${nameOf(answer)} answered ${answer.status}`);
  }
  return wrong.length === 0 ? passed() : failed(wrong.join(', '));
}
