import type { Sql, StatementRunner } from '../../../lambdas/pool/database/database.ts';
import { StoreUnavailable } from '../../../lambdas/tokenization/errors.ts';
import type { EventQueue, ReferenceEvent } from '../../../lambdas/tokenization/ports/event-queue.ts';
import type { BulkTokenizeResult, Tome, TomeNamespace } from '../../../lambdas/tokenization/ports/tome.ts';
import { InternalTokenUnacceptable, TomeError } from '../../../lambdas/tokenization/tome-errors.ts';
import type { Operation } from '../../../lambdas/tome/contract/contract.ts';
import type { FaultKind } from '../../../scripts/simulator/faults.ts';
import type { Dispatch } from '../checker/evidence.ts';
import type { Interceptor } from './interceptor.ts';

/**
 * Makes every statement, which is a call of one database function, an injection point. Before and
 * between its statements a process may be opening a connection: that is announced as unscheduled
 * work, so that a scheduler can wait for it.
 */
export function interceptSql(runner: StatementRunner, interceptor: Interceptor): StatementRunner {
  return {
    async run(work, limit) {
      let unscheduled = interceptor.beginUnscheduledWork?.();
      const end = (): void => {
        unscheduled?.end();
        unscheduled = undefined;
      };
      try {
        return await runner.run(async (sql) => {
          const execution = { isOver: false, order: unscheduled?.order };
          try {
            end();
            return await work(intercepted(sql, interceptor, runner, execution));
          } finally {
            execution.isOver = true;
            unscheduled = interceptor.beginUnscheduledWork?.();
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

/** A late statement uses another connection, because its own was discarded with the failure. */
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
          name: `sql ${functionIn(args[0].join('?'))}`,
          ...(execution.order === undefined ? {} : { order: execution.order }),
        },
        async () =>
          execution.isOver ? await runner.run(async (other) => await other(...args)) : await target(...args),
      ),
  });
}

/** The name of the database function that a statement calls. */
const functionIn = (text: string): string => /\b([a-z_]+)\(/.exec(text)?.[1] ?? text.trim().slice(0, 30);

export interface TomeInterception {
  /** Gets one entry for each request that may have been sent to NS1's tokenize. */
  readonly dispatches: Dispatch[];
  /** The reservation that the process holds now. */
  readonly heldReservation: () => string | null;
  readonly otherCardsToken: (namespace: 'ns1' | 'ns2') => string | undefined;
  /**
   * Whether lookups may answer with the token of another card. A creation confirms what it stores,
   * so it must survive this. A read believes one answer (docs/design.md#contradictions).
   */
  readonly lookupsMayBeWrong: boolean;
  /** Orders a fault from the simulator for the next call of an operation. */
  readonly orderFault: (namespace: 'ns1' | 'ns2', operation: Operation, kind: FaultKind) => void;
  readonly isOverHttp: boolean;
}

/** Makes every call to TOME an injection point, and records what was sent to NS1. */
export function interceptTome(tome: Tome, interceptor: Interceptor, parts: TomeInterception): Tome {
  const pointOf = (namespace: 'ns1' | 'ns2', operation: Operation) =>
    ({
      kind: 'tome',
      name: `tome ${namespace} ${operation}`,
      simulatorFault: {
        order: (kind: FaultKind) => parts.orderFault(namespace, operation, kind),
        isOverHttp: parts.isOverHttp,
      },
    }) as const;
  const wrap = <Source, Token>(
    namespace: TomeNamespace<Source, Token>,
    name: 'ns1' | 'ns2',
  ): TomeNamespace<Source, Token> => ({
    prefetch: (...args) => interceptor.around(pointOf(name, 'prefetch'), () => namespace.prefetch(...args)),
    async tokenize(source, token, call) {
      const point = {
        ...pointOf(name, 'tokenize'),
        wrongAnswer: (answer: object) => withToken(answer, parts.otherCardsToken(name)),
      } as const;
      const reservationId = parts.heldReservation();
      const record = (outcome: Dispatch['outcome'], requests = 1): void => {
        if (name !== 'ns1' || token === null) return;
        const dispatch = { token: String(token), correlationId: call.correlationId, reservationId };
        for (let sent = 1; sent < requests; sent += 1) parts.dispatches.push({ ...dispatch, outcome: 'unknown' });
        parts.dispatches.push({ ...dispatch, outcome });
      };
      try {
        const answer = await interceptor.around(point, () => namespace.tokenize(source, token, call));
        record(answer.token === token ? 'ours' : 'other', answer.attempts);
        return answer;
      } catch (error) {
        // NS1 named another token, although not one that can be used.
        if (error instanceof InternalTokenUnacceptable) record('other', error.attempts);
        else if (!(error instanceof TomeError && error.attempts === 0)) record('unknown');
        throw error;
      }
    },
    bulkTokenize: (...args) =>
      interceptor.around(
        {
          ...pointOf(name, 'bulk-tokenize'),
          wrongAnswer: (answer: readonly BulkTokenizeResult<unknown>[] | null) =>
            answer?.map((result, index) => (index === 0 ? withToken(result, parts.otherCardsToken(name)) : result)) ??
            null,
        },
        () => namespace.bulkTokenize(...args),
      ),
    detokenize: (...args) => interceptor.around(pointOf(name, 'detokenize'), () => namespace.detokenize(...args)),
    lookup: (...args) =>
      interceptor.around(
        {
          ...pointOf(name, 'lookup'),
          isConfirmation: true,
          ...(parts.lookupsMayBeWrong
            ? { wrongAnswer: (answer: unknown) => parts.otherCardsToken(name) ?? answer }
            : {}),
        },
        () => namespace.lookup(...args),
      ),
    assertAdmits: (operation, call) => namespace.assertAdmits(operation, call),
  });
  return { ns1: wrap(tome.ns1, 'ns1'), ns2: wrap(tome.ns2, 'ns2') };
}

const withToken = (answer: object, token: string | undefined): object =>
  token === undefined ? answer : { ...answer, token };

/** Makes sending an injection point. The events that arrive are kept in `arrived`. */
export function interceptQueue(arrived: ReferenceEvent[], interceptor: Interceptor): EventQueue {
  return {
    batchSize: 10,
    send: (events) =>
      interceptor.around({ kind: 'queue', name: 'queue send' }, async () => {
        arrived.push(...events);
        return { accepted: new Set(events.map(({ eventId }) => eventId)), refusals: [] };
      }),
  };
}
