import * as z from 'zod/mini';
import { CardNumber } from '../../tokenization/model/card-number.ts';
import { isCardReference } from '../../tokenization/model/card-reference.ts';
import { isInternalToken } from '../../tokenization/model/internal-token.ts';
import type { BulkTokenizeResult, Tome, TomeNamespace } from '../../tokenization/ports/tome.ts';
import {
  InternalTokenUnacceptable,
  type LastingAnswer,
  ReferenceUnacceptable,
  StoredCardUnacceptable,
  TomeRequestRefused,
  TomeTokenTaken,
} from '../../tokenization/tome-errors.ts';
import { bulkResult, type Namespace } from '../contract/contract.ts';
import { invalidAnswer, type Refusal } from './http-exchange.ts';
import { readPrefetched } from './prefetched-tokens.ts';
import type { Definitive, TomeClient } from './tome-client.ts';

/** What carries the contract's calls. */
export type TomeCarrier = Pick<TomeClient, 'call' | 'assertAdmits'>;

/** TOME over HTTP, as the port that the domain speaks (brief 3). */
export function createHttpTome(client: TomeCarrier): Tome {
  const internalToken = (text: string) => (isInternalToken(text) ? text : null);
  return {
    ns1: namespaceOver(client, 'ns1', {
      write: (cardNumber: CardNumber) => cardNumber.reveal(),
      readSource: (text) => CardNumber.stored(text),
      readToken: internalToken,
      OddSource: StoredCardUnacceptable,
      OddToken: InternalTokenUnacceptable,
    }),
    ns2: namespaceOver(client, 'ns2', {
      write: (token) => token,
      readSource: internalToken,
      readToken: (text) => (isCardReference(text) ? text : null),
      OddSource: InternalTokenUnacceptable,
      OddToken: ReferenceUnacceptable,
    }),
  };
}

type Unacceptable = new (message?: string, details?: { attempts: number }) => LastingAnswer;
type Item = string | number | null;

/**
 * How a namespace's sources and tokens are written and read; `null` for what cannot be one, and the
 * answer about such an item.
 */
interface Codec<Source, Token> {
  readonly write: (source: Source) => string;
  readonly readSource: (text: string) => Source | null;
  readonly readToken: (text: string) => Token | null;
  readonly OddSource: Unacceptable;
  readonly OddToken: Unacceptable;
}

function namespaceOver<Source, Token extends string>(
  client: TomeCarrier,
  namespace: Namespace,
  { write, readSource, readToken, OddSource, OddToken }: Codec<Source, Token>,
): TomeNamespace<Source, Token> {
  const tokenOf = (item: Item, attempts = 1): Token => {
    const token = typeof item === 'string' ? readToken(item) : null;
    if (token === null) throw new OddToken(undefined, { attempts });
    return token;
  };
  const resultOf = (entry: unknown): BulkTokenizeResult<Token> => {
    const { success, data } = z.safeParse(bulkResult, entry);
    if (!success) return { outcome: 'odd' };
    if (data.outcome === 'failed') return data;
    const token = readToken(data.token);
    return token === null ? { outcome: 'odd' } : { outcome: 'bound', token };
  };

  return {
    async prefetch(count, call) {
      const read = ({ tokens }: { readonly tokens: readonly unknown[] }) => readPrefetched(tokens, readToken);
      const { verdict, attempts } = await client.call(namespace, 'prefetch', { count }, call, read);
      if (verdict.status !== 200) throw refused(verdict.refusal, attempts);
      return verdict.answer;
    },

    async tokenize(source, wanted, call) {
      const body = { source: write(source), ...(wanted === null ? {} : { token: wanted }) };
      const { verdict, attempts } = await client.call(namespace, 'tokenize', body, call, (answer) => ({
        token: tokenOf(answer.token),
        isNew: answer.isNew,
      }));
      if (verdict.status === 200) return { ...verdict.answer, attempts };
      const { error, token: standing } = verdict.refusal;
      if (error === 'already-bound' && standing !== undefined) {
        return { token: tokenOf(standing, attempts), isNew: false, attempts };
      }
      if (error === 'token-taken') throw new TomeTokenTaken('The token is bound to another source.', { attempts });
      throw refused(verdict.refusal, attempts);
    },

    async bulkTokenize(items, call) {
      const body = { items: items.map(({ source, token }) => ({ source: write(source), token })) };
      const { verdict, attempts } = await client.call(namespace, 'bulk-tokenize', body, call, ({ results }) => {
        if (results.length !== items.length) throw invalidAnswer('another number of results than items');
        return results.map(resultOf);
      });
      if (verdict.status === 200) return verdict.answer;
      if (verdict.refusal.error === 'operation-absent') return null;
      throw refused(verdict.refusal, attempts);
    },

    async detokenize(wanted, call) {
      const found = await client.call(namespace, 'detokenize', { token: wanted }, call, (answer) => {
        const source = typeof answer.source === 'string' ? readSource(answer.source) : null;
        if (source === null) throw new OddSource();
        return source;
      });
      return answerOrNull(found);
    },

    async lookup(source, call) {
      const found = await client.call(namespace, 'lookup', { source: write(source) }, call, (answer) =>
        tokenOf(answer.token),
      );
      return answerOrNull(found);
    },

    assertAdmits: (operation, call) => client.assertAdmits(namespace, operation, call),
  };
}

function answerOrNull<Content>({ verdict, attempts }: Definitive<Content>): Content | null {
  if (verdict.status === 200) return verdict.answer;
  if (verdict.refusal.error === 'not-found') return null;
  throw refused(verdict.refusal, attempts);
}

/** A refusal that the operation knows no other meaning for. */
const refused = ({ error }: Refusal, attempts: number) =>
  error === 'bad-request'
    ? new TomeRequestRefused(undefined, { attempts })
    : invalidAnswer('an unexpected refusal', attempts);
