import type { InjectionPoint } from './fault-modes.ts';

/** Wraps every call of SQL, TOME and the queue of one process under test. */
export interface Interceptor {
  around<Result>(point: InjectionPoint, call: () => Promise<Result>): Promise<Result>;
  /** Announces that the process works outside any point, until the returned work is ended. */
  beginUnscheduledWork?(): UnscheduledWork;
}

/** Work between two points that takes time, such as opening a connection. */
export interface UnscheduledWork {
  /** Its position in the order in which such works began. */
  readonly order: number;
  end(): void;
}

/** Makes every call without a fault. */
export const noFaults: Interceptor = { around: (_point, call) => call() };
