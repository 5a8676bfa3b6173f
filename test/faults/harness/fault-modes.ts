import {
  TomeGatewayAnswered,
  TomeOutcomeUnknown,
  TomeRateLimited,
  TomeUnavailable,
} from '../../../lambdas/tokenization/tome-errors.ts';
import type { FaultKind } from '../../../scripts/simulator/faults.ts';

/** A call of SQL, TOME or the queue that a process waits for. The trials inject faults here. */
export interface InjectionPoint {
  readonly kind: 'sql' | 'tome' | 'queue' | 'harness';
  /** The call, such as `tome ns1 tokenize` or `sql reserve`. */
  readonly name: string;
  /** Its position among the waiting points, if it differs from the order of arrival. */
  readonly order?: number;
  /** Replaces the token in the answer by a token of another card, if there is one. */
  readonly wrongAnswer?: (answer: never) => unknown;
  /**
   * True if the product asks only to confirm an earlier answer. Two equal wrong answers in a row
   * cannot be detected, so the trials inject at most one.
   */
  readonly isConfirmation?: boolean;
  /** Orders a fault from the simulator for the next call of this point. */
  readonly simulatorFault?: { readonly order: (kind: FaultKind) => void; readonly isOverHttp: boolean };
}

export type FaultMode =
  | 'crash-before'
  | 'crash-after'
  | 'error-before'
  | 'error-after'
  | 'timeout-before'
  | 'timeout-after'
  /** The caller gets an error now, and the effect comes later. */
  | 'late'
  | 'duplicate'
  /** The circuit breaker refuses the call; nothing is sent. */
  | 'refused'
  /** The session is read-only, because a failover demoted its server. */
  | 'demoted'
  /** The server cancelled the statement because of a timeout or an administrator. */
  | 'cancelled'
  /** The client sent the request twice: the first one is lost, or still on its way. */
  | 'retried'
  /** The answer has a token of another card. */
  | 'wrong-echo'
  /** A gateway before TOME answers 429. Over HTTP the client must recognize its page. */
  | 'gateway-429'
  /** TOME did the work, and a gateway replaced the answer by a page. */
  | 'gateway-page'
  /** One token or source in TOME's answer has no valid form. */
  | 'odd-item'
  /** TOME binds a source to itself, so the token that it names from then on is the source. */
  | 'same-as-source';

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

/** The faults that can be injected at a point. */
export function modesOf(point: InjectionPoint): readonly FaultMode[] {
  if (point.kind === 'harness') return [];
  if (point.kind === 'sql') return SERVER_MODES;
  if (point.kind === 'queue') return QUEUE_MODES;
  // The client never repeats a prefetch. A proxy could, but the tokens of such a repeat cannot be
  // counted (docs/faults.md#what-is-not-proven).
  if (point.name.endsWith('prefetch')) return TOME_MODES.filter((mode) => mode !== 'duplicate');
  const modes = point.name.endsWith(' tokenize')
    ? [...TOME_MODES, 'retried' as const, 'same-as-source' as const]
    : TOME_MODES;
  return point.wrongAnswer === undefined ? modes : [...modes, 'wrong-echo'];
}

/** True if the fault changes the content of an answer. See `InjectionPoint.isConfirmation`. */
export const isWrongAnswer = (mode: FaultMode | null): boolean => mode === 'wrong-echo' || mode === 'odd-item';

/** The process has crashed. Nothing that it does afterwards has an effect. */
export class Crashed extends Error {
  override readonly name = 'Crashed';
}

export interface FaultEffects {
  /** Ends the process that waits at the point. */
  readonly crash: () => void;
  /** Keeps a call whose effect arrives later. */
  readonly delay: (call: () => Promise<unknown>) => void;
}

/** Makes the call with the fault. */
export async function injectFault<Result>(
  mode: FaultMode,
  point: InjectionPoint,
  call: () => Promise<Result>,
  { crash, delay }: FaultEffects,
): Promise<Result> {
  const fail = (): never => {
    throw failureOf(point, mode);
  };
  switch (mode) {
    case 'crash-before':
      crash();
      throw new Crashed();
    case 'crash-after':
      await call();
      crash();
      throw new Crashed();
    case 'error-before':
    case 'timeout-before':
    case 'refused':
    case 'demoted':
    case 'cancelled':
      return fail();
    case 'error-after':
    case 'timeout-after':
      await call();
      return fail();
    case 'late':
      delay(call);
      return fail();
    case 'duplicate':
      await call();
      return call();
    case 'retried':
      return { ...(await call()), attempts: 2 } as Result;
    case 'wrong-echo':
      return point.wrongAnswer?.((await call()) as never) as Result;
    case 'gateway-429':
      if (point.simulatorFault?.isOverHttp !== true) return fail();
      point.simulatorFault.order('edge-rate-limited');
      return call();
    case 'gateway-page':
      if (point.simulatorFault?.isOverHttp === true) point.simulatorFault.order('gateway-page-after');
      await call();
      return fail();
    case 'odd-item':
    case 'same-as-source':
      point.simulatorFault?.order(mode);
      return call();
  }
}

/** SQLSTATEs and codes of the driver. The product classifies them (docs/database-conditions.md). */
const SQL_CODES: Partial<Record<FaultMode, string>> = {
  'timeout-before': 'FAULT_TIMEOUT',
  'timeout-after': 'FAULT_TIMEOUT',
  demoted: '25006',
  cancelled: '57014',
};

/**
 * The error that the code under test sees. A timeout of SQL is not an error of the driver but of
 * the class `Database`, so intercepted-ports.ts translates FAULT_TIMEOUT to what that class throws.
 */
function failureOf(point: InjectionPoint, mode: FaultMode): Error {
  if (point.kind === 'tome') {
    if (mode === 'refused') return new TomeUnavailable('The circuit breaker is open.', { attempts: 0 });
    if (mode === 'gateway-page') return new TomeGatewayAnswered('A gateway answered 404.', { attempts: 1 });
    if (mode === 'error-before' || mode === 'gateway-429')
      return new TomeRateLimited('TOME answered 429.', { attempts: 1 });
    const attempts = mode === 'timeout-before' || mode === 'timeout-after' ? 2 : 1;
    return new TomeOutcomeUnknown(`TOME did not answer: ${mode}.`, { attempts });
  }
  return Object.assign(new Error(`The statement failed: ${mode}.`), { code: SQL_CODES[mode] ?? 'CONNECTION_CLOSED' });
}

/** True if a job ended because its database was not usable. It runs again at its next schedule. */
export const isOutage = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['store-unavailable', 'CONNECTION_CLOSED', 'FAULT_TIMEOUT'].includes(String(error.code));
