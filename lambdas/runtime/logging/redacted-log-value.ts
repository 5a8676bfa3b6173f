import { isIP } from 'node:net';
import { couldBeCardNumber } from '../../tokenization/model/card-networks.ts';
import { CARD_NUMBER_PLACEHOLDER } from '../../tokenization/model/card-number.ts';
import { isCardReference, mayHaveBeenGivenOut } from '../../tokenization/model/card-reference.ts';
import { describe } from './describe-error.ts';
import { holdsCardNumber, redactCardNumbers } from './redact-card-numbers.ts';

const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
const isGivenReference = (text: string): boolean => isCardReference(text) && mayHaveBeenGivenOut(text);

/**
 * Fields that are written as they are while they have the form of what belongs there: AWS makes these ids and addresses, not the
 * caller, and an audit record without its reference would be worth nothing. A reference of the current format is never redacted
 * anyway; one of an older version may lie in a range that a network has got since.
 */
const AS_THEY_ARE: Readonly<Record<string, (text: string) => boolean>> = {
  functionRequestId: isUuid,
  function_request_id: isUuid,
  gatewayRequestId: isUuid,
  sourceAddress: (text) => isIP(text) > 0,
  timestamp: (text) => /^20\d{2}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(text),
  cardReference: isGivenReference,
  cardReferenceId: isGivenReference,
};

/**
 * JSON.stringify's replacer for every log line: no value and no name of a field is written that could hold a card number, and no error
 * by its own message unless that is ours. Bytes are left out whole: their numbers may be the digits of a text.
 */
export function redactedLogValue(field: string, value: unknown): unknown {
  if (typeof value === 'string') return AS_THEY_ARE[field]?.(value) === true ? value : redactCardNumbers(value);
  if (typeof value === 'number' || typeof value === 'bigint') return redactedNumber(value);
  if (value instanceof Error) return describe(value);
  if (ArrayBuffer.isView(value) || isSerializedBuffer(value)) return '[bytes]';
  if (typeof value === 'object' && value !== null && Object.keys(value).some(holdsCardNumber)) {
    return Object.fromEntries(Object.entries(value).map(([key, content]) => [redactCardNumbers(key), content]));
  }
  return value;
}

/** Fractions are measurements; the digits before the point are looked at. */
function redactedNumber(value: number | bigint): unknown {
  const whole = typeof value === 'bigint' ? value : Math.trunc(value);
  return couldBeCardNumber(String(whole).replace(/^-/, '')) ? CARD_NUMBER_PLACEHOLDER : value;
}

/** A Buffer as JSON.stringify gives it to its replacer. */
const isSerializedBuffer = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value;
