import { randomUUID } from 'node:crypto';
import { holdsCardNumber } from './logging/redact-card-numbers.ts';

/** A random UUID that no reader of a log can take for a card number, and that the log therefore never redacts. */
export function freshId(): string {
  for (;;) {
    const id = randomUUID();
    if (!holdsCardNumber(id)) return id;
  }
}
