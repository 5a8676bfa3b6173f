import { hasForm } from '../../../lambdas/tokenization/model/token-form.ts';
import { NAMESPACES, type Namespace, type Operation } from '../../../lambdas/tome/contract/contract.ts';
import { fieldOf } from '../wire/wire-answer.ts';
import { CallsSpent } from './call-budget.ts';
import { CannotTry } from './cannot-try.ts';
import { CallFailed } from './product-namespace.ts';
import type { SuiteContext } from './suite-context.ts';

/** Tokens of the sample's prefetch, for its calls. */
const TOKENS = 4;

/** The most calls of the sample. */
export const SAMPLE_CALLS = 2 * 8 + 1;

/**
 * Calls every operation of both namespaces once or twice, so that the rules for all calls are
 * judged by the answer of each one as it was received. Returns the calls that gave no answer. A
 * call that needs the token of one that failed is left out.
 */
export async function sampleAnswers(context: SuiteContext): Promise<readonly CallFailed[]> {
  const failures: CallFailed[] = [];
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (error instanceof CallFailed) failures.push(error);
      else if (!(error instanceof CannotTry) || error instanceof CallsSpent) throw error;
    }
  };
  for (const namespace of NAMESPACES) await attempt(() => prefetchSample(context, namespace));
  for (const namespace of NAMESPACES) {
    const { stock, wire, freshSource } = context;
    const call = (operation: Operation, body: object) => attempt(() => wire.call({ namespace, operation, body }));
    await attempt(async () => {
      const [source, other, unknown] = [freshSource(namespace), freshSource(namespace), freshSource(namespace)];
      const [token, second, unassigned] = [stock[namespace].take(), stock[namespace].take(), stock[namespace].take()];
      await call('tokenize', { source, token });
      await call('tokenize', { source, token: second });
      await call('tokenize', { source: other, token });
      await call('lookup', { source });
      await call('lookup', { source: unknown });
      await call('detokenize', { token });
      await call('detokenize', { token: unassigned });
      if (namespace === 'ns2') await call('bulk-tokenize', { items: [{ source, token }] });
    });
  }
  return failures;
}

async function prefetchSample({ profile, wire, stock }: SuiteContext, namespace: Namespace): Promise<void> {
  const { content } = await wire.call({ namespace, operation: 'prefetch', body: { count: TOKENS } });
  const listed = fieldOf(content, 'tokens');
  const texts = (Array.isArray(listed) ? listed : []).map((entry: unknown) => fieldOf(entry, 'token'));
  const form = profile.namespaces[namespace].token;
  const usable = texts.filter((text): text is string => typeof text === 'string' && hasForm(text, form));
  stock[namespace].addTokens(usable);
}
