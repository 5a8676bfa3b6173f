/** Whether a text must fail, may pass or must pass the Luhn check of card numbers. */
export type LuhnPolicy = 'must-fail' | 'any' | 'must-pass';
export const LUHN_POLICIES = ['must-fail', 'any', 'must-pass'] as const satisfies readonly LuhnPolicy[];

/** Whether the last digit is a valid check digit (ISO/IEC 7812-1, annex B). Expects digits only. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 48;
    const doubled = digit * 2;
    sum += place % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Whether the check digit of these digits agrees with the policy. */
export const hasCheckDigit = (digits: string, policy: LuhnPolicy): boolean =>
  policy === 'any' || passesLuhn(digits) === (policy === 'must-pass');
