import { isIP } from 'node:net';
import { couldBeCardNumber } from '../../tokenization/model/card-networks.ts';
import { CARD_NUMBER_PLACEHOLDER } from '../../tokenization/model/card-number.ts';
import { type CardReference, isCardReference, isOfAnyFormat } from '../../tokenization/model/card-reference.ts';
import { describe } from './describe-error.ts';
import { areMasked, MASKED_DIGITS_PLACEHOLDER } from './masked-digits.ts';
import { holdsCardNumber, redactCardNumbers, redactOnlyCardNumbers } from './redact-card-numbers.ts';

const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
const isGivenReference = (text: string): boolean => isCardReference(text) && isOfAnyFormat(text);

/**
 * Fields that are logged unchanged if they have the expected form. AWS creates these ids and
 * addresses, not the caller, and an audit record needs its reference. References of the current
 * format are never redacted; one of an older version can be in a range that a network has since
 * received.
 */
const AS_THEY_ARE: Readonly<Record<string, (text: string) => boolean>> = {
  functionRequestId: isUuid,
  function_request_id: isUuid,
  gatewayRequestId: isUuid,
  sourceAddress: (text) => isIP(text) > 0,
  account: (text) => /^\d{12}$/.test(text),
  timestamp: (text) => /^20\d{2}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(text),
  cardReference: isGivenReference,
  cardReferenceId: isGivenReference,
};

/**
 * A reference that was exchanged for its card number. An audit record must name it, although it can
 * look like a card number or an internal token.
 */
export class ProvenReference {
  readonly #text: CardReference;

  constructor(text: CardReference) {
    this.#text = text;
  }

  text(): string {
    return this.#text;
  }
}

/**
 * The account and principal that API Gateway verified. A record must name them, although the name
 * of a role can contain digits like an account number or an internal token. Only card numbers are
 * removed, because a user can have one as a name. The session is no such identity: its caller
 * chooses it.
 */
export class VerifiedIdentity {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  text(): string {
    return this.#text;
  }
}

/**
 * The JSON.stringify replacer of every log line. It removes card numbers from values and field
 * names, and messages of foreign errors. Bytes are left out completely, because their values can be
 * the digits of a text.
 */
export function redactedLogValue(field: string, value: unknown): unknown {
  if (typeof value === 'string') return AS_THEY_ARE[field]?.(value) === true ? value : redactCardNumbers(value);
  if (typeof value === 'number' || typeof value === 'bigint') return redactedNumber(value);
  if (value instanceof ProvenReference) return value.text();
  if (value instanceof VerifiedIdentity) return redactOnlyCardNumbers(value.text());
  if (value instanceof Error) return describe(value);
  if (ArrayBuffer.isView(value) || isSerializedBuffer(value)) return '[bytes]';
  if (typeof value === 'object' && value !== null && Object.keys(value).some(holdsCardNumber)) {
    return Object.fromEntries(Object.entries(value).map(([key, content]) => [redactCardNumbers(key), content]));
  }
  return value;
}

/** Digits of a time in milliseconds. Counts and durations have fewer. */
const DIGITS_OF_TIME = 13;

/**
 * Only the digits before the decimal point are checked: numbers with a fraction are measurements. A
 * time or a count can have a short masked form by chance, and our code has such numbers as texts.
 */
function redactedNumber(value: number | bigint): unknown {
  const whole = typeof value === 'bigint' ? value : Math.trunc(value);
  const digits = String(whole).replace(/^-/, '');
  if (couldBeCardNumber(digits)) return CARD_NUMBER_PLACEHOLDER;
  return digits.length > DIGITS_OF_TIME && areMasked(digits) ? MASKED_DIGITS_PLACEHOLDER : value;
}

/** A Buffer in the form in which JSON.stringify passes it to the replacer. */
const isSerializedBuffer = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value;
