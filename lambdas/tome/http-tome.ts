import { CardNumber } from '../tokenization/card-number.ts';
import { isCardReference } from '../tokenization/card-reference.ts';
import { InvalidInput } from '../tokenization/errors/invalid-input.ts';
import { TomeTokenTaken } from '../tokenization/errors/tome-error.ts';
import { isInternalToken } from '../tokenization/internal-token.ts';
import type { Tome, TomeNamespace } from '../tokenization/ports/tome.ts';
import type { Namespace, Operation } from './contract.ts';
import { invalidAnswer } from './http-exchange.ts';
import type { Definitive, TomeClient } from './tome-client.ts';

/** What carries the contract's calls. */
export type TomeCarrier = Pick<TomeClient, 'call' | 'assertAdmits'>;

/** TOME over HTTP, as the port that the domain speaks (brief 3). */
export function createHttpTome(client: TomeCarrier): Tome {
  return {
    ns1: namespaceOver(client, 'ns1', {
      write: (cardNumber: CardNumber) => cardNumber.reveal(),
      readSource: (text) => cardNumberOrNull(text),
      readToken: (text) => (isInternalToken(text) ? text : null),
    }),
    ns2: namespaceOver(client, 'ns2', {
      write: (internalToken) => internalToken,
      readSource: (text) => (isInternalToken(text) ? text : null),
      readToken: (text) => (isCardReference(text) ? text : null),
    }),
  };
}

/** How a namespace's sources and tokens are written and read; `null` for what cannot be one. */
interface Codec<Source, Token> {
  readonly write: (source: Source) => string;
  readonly readSource: (text: string) => Source | null;
  readonly readToken: (text: string) => Token | null;
}

function namespaceOver<Source, Token extends string>(
  client: TomeCarrier,
  namespace: Namespace,
  { write, readSource, readToken }: Codec<Source, Token>,
): TomeNamespace<Source, Token> {
  const token = (text: string, attempts = 1): Token => {
    const read = readToken(text);
    if (read === null) throw invalidAnswer("a token outside the namespace's format", attempts);
    return read;
  };

  return {
    async prefetch(count, call) {
      const { verdict, attempts } = await client.call(namespace, 'prefetch', { count }, call, ({ tokens }) =>
        tokens.map((unassigned) => ({
          token: token(unassigned.token),
          expiresAt: unassigned.expiresAt === undefined ? null : new Date(unassigned.expiresAt),
        })),
      );
      if (verdict.status !== 200) throw refused('prefetch', attempts);
      return verdict.answer;
    },

    async tokenize(source, wanted, call) {
      const body = { source: write(source), ...(wanted === null ? {} : { token: wanted }) };
      const { verdict, attempts } = await client.call(namespace, 'tokenize', body, call, (answer) => ({
        token: token(answer.token),
        isNew: answer.isNew,
      }));
      if (verdict.status === 200) return { ...verdict.answer, attempts };
      const { error, token: standing } = verdict.refusal;
      if (error === 'already-bound' && standing !== undefined) {
        return { token: token(standing, attempts), isNew: false, attempts };
      }
      if (error === 'token-taken') throw new TomeTokenTaken('The token is bound to another source.', { attempts });
      throw refused('tokenize', attempts);
    },

    async bulkTokenize(items, call) {
      const body = { items: items.map(({ source, token }) => ({ source: write(source), token })) };
      const { verdict, attempts } = await client.call(namespace, 'bulk-tokenize', body, call, ({ results }) => {
        if (results.length !== items.length) throw invalidAnswer('another number of results than items');
        return results.map((result) =>
          result.outcome === 'bound' ? { outcome: result.outcome, token: token(result.token) } : result,
        );
      });
      if (verdict.status === 200) return verdict.answer;
      if (verdict.refusal.error === 'operation-absent') return null;
      throw refused('bulk-tokenize', attempts);
    },

    async detokenize(wanted, call) {
      const found = await client.call(namespace, 'detokenize', { token: wanted }, call, (answer) => {
        const source = readSource(answer.source);
        if (source === null) throw invalidAnswer("a source outside the namespace's format");
        return source;
      });
      return answerOrNull('detokenize', found);
    },

    async lookup(source, call) {
      const found = await client.call(namespace, 'lookup', { source: write(source) }, call, (answer) =>
        token(answer.token),
      );
      return answerOrNull('lookup', found);
    },

    assertAdmits: (operation) => client.assertAdmits(namespace, operation),
  };
}

function answerOrNull<Content>(operation: Operation, { verdict, attempts }: Definitive<Content>): Content | null {
  if (verdict.status === 200) return verdict.answer;
  if (verdict.refusal.error === 'not-found') return null;
  throw refused(operation, attempts);
}

const refused = (operation: Operation, attempts: number) => invalidAnswer(`${operation} was refused`, attempts);

function cardNumberOrNull(text: string): CardNumber | null {
  try {
    return CardNumber.parse(text);
  } catch (error) {
    if (error instanceof InvalidInput) return null;
    throw error;
  }
}
