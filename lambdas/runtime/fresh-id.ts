import { randomUUID } from 'node:crypto';
import { holdsCardNumber } from './logging/redact-card-numbers.ts';

/** A random UUID without digits that look like a card number, so that log redaction keeps it. */
export function freshId(): string {
  for (;;) {
    const id = randomUUID();
    if (!holdsCardNumber(id)) return id;
  }
}
