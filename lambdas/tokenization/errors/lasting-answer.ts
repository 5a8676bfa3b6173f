import { TomeError } from './tome-error.ts';

/**
 * TOME is at work and has answered, and the answer holds for this one card, token or reference: the
 * same request gets it again. So it opens no breaker, is not retried and blames nothing but its
 * item.
 */
export abstract class LastingAnswer extends TomeError {
  override readonly retryable = false;
}

/**
 * NS2 gave a reference outside the agreed format, which could be taken for a card number. It is
 * never given out.
 */
export class ReferenceUnacceptable extends LastingAnswer {
  override readonly name = 'ReferenceUnacceptable';
  readonly code = 'reference-unacceptable';

  constructor(message = 'TOME gave a reference outside the agreed format.', details = { attempts: 1 }) {
    super(message, details);
  }
}

/**
 * The card's or the reference's internal token is outside the format, so that no pair can hold it.
 */
export class InternalTokenUnacceptable extends LastingAnswer {
  override readonly name = 'InternalTokenUnacceptable';
  readonly code = 'internal-token-unacceptable';

  constructor(message = 'TOME gave an internal token outside the agreed format.', details = { attempts: 1 }) {
    super(message, details);
  }
}

/**
 * Another producer stored something behind this reference that is not a card number as this service
 * accepts it.
 */
export class StoredCardUnacceptable extends LastingAnswer {
  override readonly name = 'StoredCardUnacceptable';
  readonly code = 'stored-card-unacceptable';

  constructor(
    message = 'What stands behind this reference is not an accepted card number.',
    details = { attempts: 1 },
  ) {
    super(message, details);
  }
}

/**
 * TOME itself refused the request as one that it cannot use (400 `bad-request`). Nothing was bound
 * by it.
 */
export class TomeRequestRefused extends LastingAnswer {
  override readonly name = 'TomeRequestRefused';
  readonly code = 'tome-request-refused';

  constructor(message = 'TOME does not accept this card number, token or reference.', details = { attempts: 1 }) {
    super(message, details);
  }
}
