import * as z from 'zod/mini';
import { CardNumber } from '../../tokenization/model/card-number.ts';
import { isCardReference } from '../../tokenization/model/card-reference.ts';
import { canBeBoundToken, isNewInternalToken } from '../../tokenization/model/internal-token.ts';
import { CARD_NUMBERS, mayContainSource, type SourceForm } from '../../tokenization/model/source-form.ts';
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
import { type TomeProfile, tokenFormsOf } from '../profile/tome-profile.ts';
import { answersAnotherRequest } from './answer-proof.ts';
import { invalidAnswer, type TomeRefusal } from './http-exchange.ts';
import { mayHideCardNumber, readPrefetched, type TokenReader } from './prefetched-tokens.ts';
import { expiryByProfile } from './token-expiry.ts';
import type { CountedReply, TomeClient } from './tome-client.ts';

/** Sends the contract's calls. */
export type TomeCaller = Pick<TomeClient, 'call' | 'assertAdmits'>;

/** The lines of a profile that say how answers are read. */
type ReadLines = Pick<TomeProfile, 'namespaces' | 'toldApart' | 'answersShow' | 'tokenLifetimeHours'>;

/**
 * Implements the domain's port `Tome` with the contract's calls. `dateMs`: the date, from which the
 * lifetime of unassigned tokens counts.
 */
export function createHttpTome(
  client: TomeCaller,
  profile: ReadLines,
  sourceForm: SourceForm = CARD_NUMBERS,
  dateMs: () => number = Date.now,
): Tome {
  const forms = tokenFormsOf(profile);
  const latestExpiry = () => expiryByProfile(profile, dateMs());
  const boundToken = (text: string) => (canBeBoundToken(text) ? text : null);
  const reference = (text: string) => (isCardReference(text) ? text : null);
  return {
    ns1: createNamespace(client, profile, 'ns1', {
      write: (cardNumber: CardNumber) => cardNumber.reveal(),
      readSource: (text) => CardNumber.stored(text, sourceForm),
      readToken: (text) => (isNewInternalToken(text, forms) ? text : null),
      readBoundToken: boundToken,
      hidesCardNumber: (token) => mayHideCardNumber(token, forms),
      mayContainSource: (text) => mayContainSource(text, sourceForm),
      UnusableSource: StoredCardUnacceptable,
      UnusableToken: InternalTokenUnacceptable,
      latestExpiry,
    }),
    ns2: createNamespace(client, profile, 'ns2', {
      write: (token) => token,
      readSource: boundToken,
      readToken: reference,
      readBoundToken: reference,
      hidesCardNumber: () => false,
      mayContainSource: (text) => mayContainSource(text, sourceForm),
      UnusableSource: InternalTokenUnacceptable,
      UnusableToken: ReferenceUnacceptable,
      latestExpiry,
    }),
  };
}

type Unusable = new (message?: string, details?: { attempts: number }) => LastingAnswer;
type Item = string | number | null;

/**
 * How a namespace writes and reads sources and tokens. A reader returns `null` for an unusable
 * text.
 */
interface Codec<Source, Token> extends TokenReader<Token> {
  readonly write: (source: Source) => string;
  readonly readSource: (text: string) => Source | null;
  /** Reads a token that was bound before: it can have the form of an earlier profile. */
  readonly readBoundToken: (text: string) => Token | null;
  readonly UnusableSource: Unusable;
  readonly UnusableToken: Unusable;
  /** When the tokens of a prefetch that is asked for now expire at the latest; `null` if never. */
  readonly latestExpiry: () => Date | null;
}

function createNamespace<Source, Token extends string>(
  client: TomeCaller,
  { answersShow }: Pick<TomeProfile, 'answersShow'>,
  namespace: Namespace,
  { write, readSource, readBoundToken, UnusableSource, UnusableToken, latestExpiry, ...reader }: Codec<Source, Token>,
): TomeNamespace<Source, Token> {
  /** The token that we sent is one of a stored pair, so it is accepted under every profile. */
  const readAnswered = (text: string, isNew: boolean, wanted: Token | null): Token | null => {
    if (text === wanted) return wanted;
    return isNew ? reader.readToken(text) : readBoundToken(text);
  };
  const tokenOf = (item: Item, { isNew = false, wanted = null as Token | null, attempts = 1 } = {}): Token => {
    const token = typeof item === 'string' ? readAnswered(item, isNew, wanted) : null;
    if (token === null) throw new UnusableToken(undefined, { attempts });
    return token;
  };
  /** `null` for a result that does not show that it belongs to this item. */
  const resultOf = (
    entry: unknown,
    item: { readonly source: string; readonly token: Token },
  ): BulkTokenizeResult<Token> | null => {
    const { success, data } = z.safeParse(bulkResult, entry);
    if (answersShow === 'item' && data?.source !== item.source) return null;
    if (!success) return { outcome: 'unusable' };
    if (data.outcome === 'failed') return { outcome: 'failed' };
    const token = readAnswered(data.token, false, item.token);
    return token === null ? { outcome: 'unusable' } : { outcome: 'bound', token };
  };
  /** One result for each item. A result of another item says nothing about the one at its place. */
  const resultsOf = (
    entries: readonly unknown[],
    items: readonly { readonly source: string; readonly token: Token }[],
  ): readonly BulkTokenizeResult<Token>[] => {
    if (entries.length !== items.length) throw invalidAnswer('the numbers of results and items differ');
    const results = items.map((item, index) => resultOf(entries[index], item));
    if (results.every((result) => result === null)) throw answersAnotherRequest();
    return results.map((result) => result ?? { outcome: 'failed' });
  };

  return {
    async prefetch(count, call) {
      const latest = latestExpiry();
      const read = ({ tokens }: { readonly tokens: readonly unknown[] }) => readPrefetched(tokens, reader, latest);
      const { reply, attempts } = await client.call(namespace, 'prefetch', { count }, call, read);
      if (reply.status !== 200) throw refused(reply.refusal, attempts);
      return reply.answer;
    },

    async tokenize(source, wanted, call) {
      const body = { source: write(source), ...(wanted === null ? {} : { token: wanted }) };
      const { reply, attempts } = await client.call(namespace, 'tokenize', body, call, (answer) => ({
        token: tokenOf(answer.token, { isNew: answer.isNew, wanted }),
        isNew: answer.isNew,
      }));
      if (reply.status === 200) return { ...reply.answer, attempts };
      const { error, token: existing } = reply.refusal;
      if (error === 'already-bound' && existing !== undefined) {
        return { token: tokenOf(existing, { attempts }), isNew: false, attempts };
      }
      if (error === 'token-taken') throw new TomeTokenTaken('The token is bound to another source.', { attempts });
      throw refused(reply.refusal, attempts);
    },

    async bulkTokenize(items, call) {
      const body = { items: items.map(({ source, token }) => ({ source: write(source), token })) };
      const { reply, attempts } = await client.call(namespace, 'bulk-tokenize', body, call, ({ results }) =>
        resultsOf(results, body.items),
      );
      if (reply.status === 200) return reply.answer;
      if (reply.refusal.error === 'operation-absent') return null;
      throw refused(reply.refusal, attempts);
    },

    async detokenize(wanted, call) {
      const found = await client.call(namespace, 'detokenize', { token: wanted }, call, (answer) => {
        const source = typeof answer.source === 'string' ? readSource(answer.source) : null;
        if (source === null) throw new UnusableSource();
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

function answerOrNull<Content>({ reply, attempts }: CountedReply<Content>): Content | null {
  if (reply.status === 200) return reply.answer;
  if (reply.refusal.error === 'not-found') return null;
  throw refused(reply.refusal, attempts);
}

/** The error for a refusal that has no other meaning for the operation. */
const refused = ({ error }: TomeRefusal, attempts: number) =>
  error === 'bad-request'
    ? new TomeRequestRefused(undefined, { attempts })
    : invalidAnswer('an unexpected refusal', attempts);
