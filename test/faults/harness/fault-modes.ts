import {
  TomeGatewayAnswered,
  TomeOutcomeUnknown,
  TomeRateLimited,
  TomeUnavailable,
} from '../../../lambdas/tokenization/tome-errors.ts';
import type { FaultKind } from '../../../scripts/simulator/faults.ts';

/** One await on SQL, TOME or the queue. */
export interface Point {
  readonly kind: 'sql' | 'tome' | 'queue' | 'harness';
  /** What is awaited, such as `tome ns1 tokenize` or `sql UPDATE pair`. */
  readonly name: string;
  /** Its place in the order of points, where that is not the order in which they are reached. */
  readonly order?: number;
  /**
   * For calls whose answer can be another's: the answer with somebody else's token in it, if there
   * is one.
   */
  readonly lie?: (answer: never) => unknown;
  /**
   * Whether the product asks this only to make sure of what it was told before. Nobody could see
   * through two equal lies in a row.
   */
  readonly isSecondWitness?: boolean;
  /**
   * Makes the simulator misbehave in the next call of this point; `isWired` when the call goes over
   * HTTP.
   */
  readonly misbehave?: { readonly order: (kind: FaultKind) => void; readonly isWired: boolean };
}

export type FaultMode =
  | 'crash-before'
  | 'crash-after'
  | 'error-before'
  | 'error-after'
  | 'timeout-before'
  | 'timeout-after'
  | 'late'
  | 'duplicate'
  | 'refused'
  /** The session has become read-only, because a failover demoted its server. */
  | 'demoted'
  /** The server cancelled the statement: it took too long, or an administrator ended it. */
  | 'cancelled'
  | 'retried'
  | 'wrong-echo'
  /**
   * Something before TOME says 429: over the wire by its own page, which the client has to
   * recognize.
   */
  | 'gateway-429'
  /** TOME did what was asked, and a gateway answered with a page. */
  | 'gateway-page'
  /** One token or source in TOME's answer is none. */
  | 'odd-item';

const GATEWAY_MODES: readonly FaultMode[] = ['gateway-429', 'gateway-page', 'odd-item'];

const SQL_MODES: readonly FaultMode[] = [
  'crash-before',
  'crash-after',
  'error-before',
  'error-after',
  'timeout-before',
  'timeout-after',
  'late',
  'duplicate',
];
const TOME_MODES: readonly FaultMode[] = [...SQL_MODES, 'refused', ...GATEWAY_MODES];
const SERVER_MODES: readonly FaultMode[] = [...SQL_MODES, 'demoted', 'cancelled'];
const QUEUE_MODES: readonly FaultMode[] = ['crash-before', 'crash-after', 'error-before', 'error-after', 'duplicate'];

/** The faults that can strike a point. */
export function modesOf(point: Point): readonly FaultMode[] {
  if (point.kind === 'harness') return [];
  if (point.kind === 'sql') return SERVER_MODES;
  if (point.kind === 'queue') return QUEUE_MODES;
  // Nobody but a proxy of its own will could repeat a prefetch, and its tokens would be beyond
  // counting.
  if (point.name.endsWith('prefetch')) return TOME_MODES.filter((mode) => mode !== 'duplicate');
  const modes = point.name.endsWith(' tokenize') ? [...TOME_MODES, 'retried' as const] : TOME_MODES;
  return point.lie === undefined ? modes : [...modes, 'wrong-echo'];
}

/**
 * Whether the mode is an answer that is not true; of two in a row that agree, nobody could see the
 * second through.
 */
export const isLie = (mode: FaultMode | null): boolean => mode === 'wrong-echo' || mode === 'odd-item';

/** The process is dead. Nothing that it does afterwards has any effect. */
export class Crashed extends Error {
  override readonly name = 'Crashed';
}

export interface FaultEffects {
  /** Ends the process that the point belongs to. */
  readonly die: () => void;
  /** Takes an effect that comes later, when nobody expects it any more. */
  readonly defer: (act: () => Promise<unknown>) => void;
}

/** Does what the mode says with the act. */
export async function strike<Result>(
  mode: FaultMode,
  point: Point,
  act: () => Promise<Result>,
  { die, defer }: FaultEffects,
): Promise<Result> {
  const fail = (): never => {
    throw failureOf(point, mode);
  };
  switch (mode) {
    case 'crash-before':
      die();
      throw new Crashed();
    case 'crash-after':
      await act();
      die();
      throw new Crashed();
    case 'error-before':
    case 'timeout-before':
    case 'refused':
    case 'demoted':
    case 'cancelled':
      return fail();
    case 'error-after':
    case 'timeout-after':
      await act();
      return fail();
    case 'late':
      defer(act);
      return fail();
    case 'duplicate':
      await act();
      return act();
    case 'retried':
      // The client's first request was lost on the way back, or is still on its way.
      return { ...(await act()), attempts: 2 } as Result;
    case 'wrong-echo':
      return point.lie?.((await act()) as never) as Result;
    case 'gateway-429':
      if (point.misbehave?.isWired !== true) return fail();
      point.misbehave.order('edge-rate-limited');
      return act();
    case 'gateway-page':
      if (point.misbehave?.isWired === true) point.misbehave.order('gateway-page-after');
      await act();
      return fail();
    case 'odd-item':
      point.misbehave?.order('odd-item');
      return act();
  }
}

/**
 * SQLSTATEs and the driver's codes, which the product classifies itself
 * (lambdas/pool/database/sqlstate-conditions.ts).
 */
const SQL_CODES: Partial<Record<FaultMode, string>> = {
  'timeout-before': 'FAULT_TIMEOUT',
  'timeout-after': 'FAULT_TIMEOUT',
  demoted: '25006',
  cancelled: '57014',
};

/**
 * What the code under test would see. Timeouts of SQL are the database class's own; here they come
 * as a connection that is lost for good.
 */
function failureOf(point: Point, mode: FaultMode): Error {
  if (point.kind === 'tome') {
    if (mode === 'refused') return new TomeUnavailable('The breaker is open.', { attempts: 0 });
    if (mode === 'gateway-page') return new TomeGatewayAnswered('Something before TOME answered 404.', { attempts: 1 });
    if (mode === 'error-before' || mode === 'gateway-429')
      return new TomeRateLimited('TOME said 429.', { attempts: 1 });
    const attempts = mode === 'timeout-before' || mode === 'timeout-after' ? 2 : 1;
    return new TomeOutcomeUnknown(`TOME did not answer: ${mode}.`, { attempts });
  }
  return Object.assign(new Error(`The statement failed: ${mode}.`), { code: SQL_CODES[mode] ?? 'CONNECTION_CLOSED' });
}

/** A job's own word that a fault was too much for it; it runs again. */
export const isOutage = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['store-unavailable', 'CONNECTION_CLOSED', 'FAULT_TIMEOUT'].includes(String(error.code));
