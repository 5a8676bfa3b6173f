import { LastingAnswer, TomeTokenTaken } from '../../../../lambdas/tokenization/tome-errors.ts';
import type { Namespace } from '../../../../lambdas/tome/contract/contract.ts';
import { fieldOf, refusalOf, type WireAnswer } from '../../wire/wire-answer.ts';
import { CannotTry } from '../cannot-try.ts';
import { type Check, failed, passed } from '../check.ts';
import { CallFailed } from '../product-namespace.ts';
import type { BoundPair, SuiteContext } from '../suite-context.ts';

/** How a namespace binds sources to tokens. */
export const bindingChecks = (namespace: Namespace): readonly Check[] => {
  const id = (name: string): string => `${namespace}.${name}`;
  return [
    {
      id: id('bind'),
      sentence: 'A new source is bound to the unassigned token that the call names.',
      line: null,
      remedy: 'TOME must bind the token of the request, or the pool cannot be used with it.',
      needs: [id('not-found'), id('prefetch-unique')],
      calls: 1,
      run: (context) => bind(context, namespace),
    },
    {
      id: id('bind-again'),
      sentence: 'The same source and token again get the same answer, and nothing is bound anew.',
      line: null,
      remedy: 'TOME must let a call be repeated: the client repeats calls whose answer is lost.',
      needs: [id('bind')],
      calls: 1,
      run: async ({ product, bound }) => {
        const { source, token } = pairOf(bound, namespace);
        const again = await product[namespace].tokenize(source, token);
        if (again.token !== token) return failed('another token came');
        return again.isNew ? failed('`isNew` is true for a binding that existed') : passed();
      },
    },
    {
      id: id('bound-once'),
      sentence: 'A binding is never changed, whatever other source or token a call names.',
      line: null,
      remedy: 'The product must not be used with a TOME that overwrites bindings: cards would change hands.',
      needs: [id('bind'), id('lookup'), id('detokenize')],
      calls: 6,
      run: (context) => bindOnce(context, namespace),
    },
    {
      id: id('already-bound'),
      sentence: 'A bound source with another token is answered as the profile says, with the bound token.',
      line: 'alreadyBound',
      remedy: 'Set alreadyBound to what TOME does: echo (200) or conflict (409).',
      needs: [id('bound-once')],
      calls: 1,
      run: async ({ profile, wire, stock, bound }) => {
        const { source, token } = pairOf(bound, namespace);
        const answer = await wire.call({
          namespace,
          operation: 'tokenize',
          body: { source, token: stock[namespace].take() },
        });
        const found = secondTokenAnswer(answer, token);
        return found === profile.alreadyBound ? passed() : failed(`the answer is ${found}`);
      },
    },
    {
      id: id('token-taken'),
      sentence: 'A bound token is refused for another source, with 409 token-taken.',
      line: null,
      remedy: 'TOME must answer 409 with the error token-taken, so that the product takes another token.',
      needs: [id('bound-once')],
      calls: 1,
      run: async ({ wire, freshSource, bound }) => {
        const { token } = pairOf(bound, namespace);
        const answer = await wire.call({
          namespace,
          operation: 'tokenize',
          body: { source: freshSource(namespace), token },
        });
        return refusalOf(answer) === 'token-taken' ? passed() : failed(describe(answer));
      },
    },
    {
      id: id('choose'),
      sentence: 'Without a token in the request TOME chooses one, and the same one for the same source.',
      line: null,
      remedy: 'TOME must choose a token of the form of the profile: the direct path depends on it.',
      needs: [id('not-found')],
      calls: 2,
      run: (context) => choose(context, namespace),
    },
  ];
};

/** The pair that the check `bind` has bound. Throws CannotTry. */
export function pairOf(bound: SuiteContext['bound'], namespace: Namespace): BoundPair {
  const pair = bound[namespace];
  if (pair === undefined) throw new CannotTry(`${namespace.toUpperCase()} has bound nothing`);
  return pair;
}

/** `echo`, `conflict`, or what came instead. */
export function secondTokenAnswer(answer: WireAnswer, bound: string): string {
  const token = fieldOf(answer.content, 'token');
  if (answer.status === 200) {
    if (token !== bound) return '200 with another token';
    return fieldOf(answer.content, 'isNew') === false ? 'echo' : '200 with `isNew`: true';
  }
  if (refusalOf(answer) !== 'already-bound') return describe(answer);
  return token === bound ? 'conflict' : '409 already-bound without the bound token';
}

const describe = (answer: WireAnswer): string => `${answer.status} ${refusalOf(answer) ?? ''}`.trim();

async function bind({ product, stock, freshSource, bound }: SuiteContext, namespace: Namespace) {
  const pair = { source: freshSource(namespace), token: stock[namespace].take() };
  const { token, isNew } = await product[namespace].tokenize(pair.source, pair.token);
  if (token !== pair.token) return failed('another token came');
  bound[namespace] = pair;
  return isNew ? passed() : failed('`isNew` is false for a new binding');
}

async function bindOnce({ product, stock, freshSource, bound }: SuiteContext, namespace: Namespace) {
  const { source, token } = pairOf(bound, namespace);
  const { tokenize, lookup, detokenize } = product[namespace];
  await ignoringRefusal(tokenize(source, stock[namespace].take()));
  const afterToken = await lookup(source);
  await ignoringRefusal(tokenize(freshSource(namespace), token));
  const afterSource = await detokenize(token);
  if (afterToken !== token) return failed('a call with another token changed the token of the source');
  if (afterSource !== source) return failed('a call with another source changed the source of the token');
  return (await lookup(source)) === token ? passed() : failed('the source has lost its token');
}

/** Refusals are judged by other checks. */
async function ignoringRefusal(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    if (!(error.failure instanceof LastingAnswer) && !(error.failure instanceof TomeTokenTaken)) throw error;
  }
}

async function choose({ product, freshSource }: SuiteContext, namespace: Namespace) {
  const source = freshSource(namespace);
  const first = await product[namespace].tokenize(source, null);
  const second = await product[namespace].tokenize(source, null);
  if (second.token !== first.token) return failed('two calls for one source got two tokens');
  if (!first.isNew || second.isNew) return failed('`isNew` must be true for the first call only');
  return passed();
}
