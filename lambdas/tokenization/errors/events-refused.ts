import type { Refusal } from '../ports/event-queue.ts';
import { TokenizationError } from './tokenization-error.ts';

/** The queue answered and took no event. Its codes are in the message: they name the cause, and hold nothing of an event. */
export class EventsRefused extends TokenizationError {
  override readonly name = 'EventsRefused';
  readonly code = 'events-refused';
  readonly retryable = true;

  constructor(refusals: readonly Refusal[]) {
    const codes = [...new Set(refusals.map(({ code }) => code))];
    super(`The queue refused every event: ${codes.join(', ')}.`);
  }
}
