import type { Sql, StatementRunner } from '../../../lambdas/pool/database/database.ts';
import { StoreUnavailable } from '../../../lambdas/tokenization/errors.ts';
import type { CardCreatedEvent, EventQueue } from '../../../lambdas/tokenization/ports/event-queue.ts';
import type { BulkTokenizeResult, Tome, TomeNamespace } from '../../../lambdas/tokenization/ports/tome.ts';
import { InternalTokenUnacceptable, TomeError } from '../../../lambdas/tokenization/tome-errors.ts';
import type { Operation } from '../../../lambdas/tome/contract/contract.ts';
import type { FaultKind } from '../../../scripts/simulator/faults.ts';
import type { Interceptor } from './interceptor.ts';

/**
 * Every statement, which is a call of a database function, becomes a point. Between its statements a process may be opening a
 * connection; it is not at rest then.
 */
export function interceptSql(runner: StatementRunner, interceptor: Interceptor): StatementRunner {
  return {
    async run(work, limit) {
      let pause = interceptor.pause?.();
      const end = (): void => {
        pause?.end();
        pause = undefined;
      };
      try {
        return await runner.run(async (sql) => {
          const execution = { isOver: false, order: pause?.order };
          try {
            end();
            return await work(intercepted(sql, interceptor, runner, execution));
          } finally {
            execution.isOver = true;
            pause = interceptor.pause?.();
          }
        }, limit);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'FAULT_TIMEOUT')
          throw new StoreUnavailable(error);
        throw error;
      } finally {
        end();
      }
    },
  };
}

/** A statement that arrives late arrives on another connection: its own was thrown away with the failure. */
function intercepted(
  sql: Sql,
  interceptor: Interceptor,
  runner: StatementRunner,
  execution: { readonly isOver: boolean; readonly order: number | undefined },
): Sql {
  return new Proxy(sql, {
    apply: (target, _self, args: [TemplateStringsArray, ...never[]]) =>
      interceptor.around(
        {
          kind: 'sql',
          name: `sql ${labelOf(args[0].join('?'))}`,
          ...(execution.order === undefined ? {} : { order: execution.order }),
        },
        async () =>
          execution.isOver ? await runner.run(async (other) => await other(...args)) : await target(...args),
      ),
  });
}

/** What a statement does, for people: the database function that it calls. */
const labelOf = (text: string): string => /\b([a-z_]+)\(/.exec(text)?.[1] ?? text.trim().slice(0, 30);

/** One NS1 tokenize that a process sent, and what came of it: for judging whether its pair could go back to the pool. */
export interface Dispatch {
  readonly token: string;
  readonly verdict: 'ours' | 'other' | 'unknown';
  /** The request that sent it. */
  readonly correlationId: string;
  /** The reservation that the request held. */
  readonly reservationId: string | null;
}

export interface TomeWitness {
  readonly dispatches: Dispatch[];
  /** The reservation that the process holds just now. */
  readonly heldReservation: () => string | null;
  readonly strangersToken: (namespace: 'ns1' | 'ns2') => string | undefined;
  /** A creation asks twice before it believes. A read believes its one answer, as it is promised to: then look-ups do not lie. */
  readonly lookupsLie: boolean;
  /** Makes the simulator misbehave in the next call of an operation, and whether calls go over HTTP. */
  readonly misbehave: (namespace: 'ns1' | 'ns2', operation: Operation, kind: FaultKind) => void;
  readonly isWired: boolean;
}

/** Every call to TOME becomes a point; what was sent to NS1 is written down. */
export function interceptTome(tome: Tome, interceptor: Interceptor, parts: TomeWitness): Tome {
  const pointOf = (namespace: 'ns1' | 'ns2', operation: Operation) =>
    ({
      kind: 'tome',
      name: `tome ${namespace} ${operation}`,
      misbehave: { order: (kind: FaultKind) => parts.misbehave(namespace, operation, kind), isWired: parts.isWired },
    }) as const;
  const wrap = <Source, Token>(
    namespace: TomeNamespace<Source, Token>,
    name: 'ns1' | 'ns2',
  ): TomeNamespace<Source, Token> => ({
    prefetch: (...args) => interceptor.around(pointOf(name, 'prefetch'), () => namespace.prefetch(...args)),
    async tokenize(source, token, call) {
      const point = {
        ...pointOf(name, 'tokenize'),
        lie: (answer: object) => withToken(answer, parts.strangersToken(name)),
      } as const;
      const reservationId = parts.heldReservation();
      const noteIf = (verdict: Dispatch['verdict'], requests = 1): void => {
        if (name !== 'ns1' || token === null) return;
        const dispatch = { token: String(token), correlationId: call.correlationId, reservationId };
        for (let sent = 1; sent < requests; sent += 1) parts.dispatches.push({ ...dispatch, verdict: 'unknown' });
        parts.dispatches.push({ ...dispatch, verdict });
      };
      try {
        const answer = await interceptor.around(point, () => namespace.tokenize(source, token, call));
        noteIf(answer.token === token ? 'ours' : 'other', answer.attempts);
        return answer;
      } catch (error) {
        // NS1 named another token than ours, although none that can be used.
        if (error instanceof InternalTokenUnacceptable) noteIf('other', error.attempts);
        else if (!(error instanceof TomeError && error.attempts === 0)) noteIf('unknown');
        throw error;
      }
    },
    bulkTokenize: (...args) =>
      interceptor.around(
        {
          ...pointOf(name, 'bulk-tokenize'),
          lie: (answer: readonly BulkTokenizeResult<unknown>[] | null) =>
            answer?.map((result, index) => (index === 0 ? withToken(result, parts.strangersToken(name)) : result)) ??
            null,
        },
        () => namespace.bulkTokenize(...args),
      ),
    detokenize: (...args) => interceptor.around(pointOf(name, 'detokenize'), () => namespace.detokenize(...args)),
    lookup: (...args) =>
      interceptor.around(
        {
          ...pointOf(name, 'lookup'),
          isSecondWitness: true,
          ...(parts.lookupsLie ? { lie: (answer: unknown) => parts.strangersToken(name) ?? answer } : {}),
        },
        () => namespace.lookup(...args),
      ),
    assertAdmits: (operation, call) => namespace.assertAdmits(operation, call),
  });
  return { ns1: wrap(tome.ns1, 'ns1'), ns2: wrap(tome.ns2, 'ns2') };
}

const withToken = (answer: object, token: string | undefined): object =>
  token === undefined ? answer : { ...answer, token };

/** Sending becomes a point; what arrived is kept. */
export function interceptQueue(arrived: CardCreatedEvent[], interceptor: Interceptor): EventQueue {
  return {
    batchSize: 10,
    send: (events) =>
      interceptor.around({ kind: 'queue', name: 'queue send' }, async () => {
        arrived.push(...events);
        return { accepted: new Set(events.map(({ eventId }) => eventId)), refusals: [] };
      }),
  };
}
