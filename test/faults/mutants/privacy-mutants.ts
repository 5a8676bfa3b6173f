import { edit, type Mutant } from './mutant.ts';

/** Numbers and secrets in words. */
const WORDS = 'secrets and numbers in words';
/** Card data that must never come in. */
const CARD_DATA = 'card data that must not come in';
const REDACTION = ['test/unit/runtime/redact-card-numbers.test.ts'];
const LOGGER = ['test/unit/runtime/logger.test.ts'];
const ERRORS = ['test/unit/runtime/describe-error.test.ts'];
const CARD_NUMBER = ['test/unit/tokenization/card-number.test.ts'];

/** Card numbers and secrets that reach a log, and card data that is let in. */
export const PRIVACY_MUTANTS: readonly Mutant[] = [
  {
    name: "the log says any error's message",
    kind: WORDS,
    edits: [
      edit(
        'lambdas/runtime/logging/describe-error.ts',
        '...(isOwnError(error) ? { message: error.message } : {}),',
        'message: error.message,',
      ),
    ],
    tests: ERRORS,
  },
  {
    name: 'lines of a message that look like frames are taken for the stack',
    kind: WORDS,
    edits: [
      edit(
        'lambdas/runtime/own-error.ts',
        "const lines = (start < 0 ? stack : stack.slice(start + message.length)).split('\\n').slice(1);",
        "const lines = stack.split('\\n').slice(Math.min(start, 1));",
      ),
      edit(
        'lambdas/runtime/own-error.ts',
        'const frames = lines.slice(lines.findLastIndex((line) => !FRAME.test(line)) + 1);',
        'const frames = lines.filter((line) => FRAME.test(line));',
      ),
    ],
    tests: ERRORS,
  },
  {
    name: 'a start that fails throws on what the client or the parser said',
    kind: WORDS,
    edits: [
      edit('lambdas/runtime/start-up.ts', "throw asOwnError('The function cannot start', error);", 'throw error;'),
    ],
    tests: ERRORS,
  },
  {
    name: 'a database secret that is no JSON is quoted by the parser',
    kind: WORDS,
    edits: [
      edit(
        'lambdas/runtime/database-address.ts',
        '  } catch {\n',
        '  } catch (error) {\n    if (error instanceof SyntaxError) throw new SecretUnusable(error.message);\n',
      ),
    ],
    tests: ['test/unit/runtime/secret.test.ts'],
  },
  {
    name: 'the names of logged fields are written as they are',
    kind: WORDS,
    edits: [
      edit(
        'lambdas/runtime/logging/redacted-log-value.ts',
        "if (typeof value === 'object' && value !== null && Object.keys(value).some(holdsCardNumber)) {",
        "if (typeof value === 'object' && value !== null && Object.keys(value).length > 1_000) {",
      ),
    ],
    tests: LOGGER,
  },
  {
    name: 'the audit log is written without the redaction',
    kind: WORDS,
    edits: [
      edit(
        'lambdas/runtime/logging/logger.ts',
        "  logLevel: 'INFO',\n  jsonReplacerFn: redactedLogValue,",
        "  logLevel: 'INFO',",
      ),
    ],
    tests: LOGGER,
  },
  {
    name: 'letters between the groups of a card number hide it',
    kind: WORDS,
    edits: [
      edit(
        'lambdas/runtime/logging/digit-groups.ts',
        "return characters.length <= LOOSE_CHARACTERS && !(hasLetters && around !== undefined) ? 'loose' : 'none';",
        "return characters.length <= LOOSE_CHARACTERS && !hasLetters ? 'loose' : 'none';",
      ),
    ],
    tests: REDACTION,
  },
  {
    name: "a caller's correlation id in the shape of a UUID is taken without a look",
    kind: WORDS,
    edits: [
      edit(
        'lambdas/runtime/logging/redact-card-numbers.ts',
        'export const holdsCardNumber = (text: string): boolean => cardNumbersIn(text).length > 0;',
        'export const holdsCardNumber = (text: string): boolean =>\n  !/^[0-9a-f-]{36}$/.test(text) && cardNumbersIn(text).length > 0;',
      ),
    ],
    tests: REDACTION,
  },
  {
    name: 'a reference next to a counter is redacted with it',
    kind: WORDS,
    edits: [
      edit(
        'lambdas/runtime/logging/digit-groups.ts',
        "if (findFormatFault(digits, 'any') === null) return true;",
        "if (digits === '' && findFormatFault(digits, 'any') === null) return true;",
      ),
    ],
    tests: REDACTION,
  },
  {
    name: "CloudWatch's masks take references of Mastercard's neighbours for card numbers",
    kind: WORDS,
    edits: [
      edit(
        'lib/logs/card-number-masks.ts',
        'const highest = to.slice(1) === nines ? high : high - 1;',
        'const highest = high;',
      ),
    ],
    tests: ['test/infrastructure/log-protection.test.ts'],
  },
  {
    name: 'a card number is accepted in any length from 13 to 19 digits',
    kind: CARD_DATA,
    edits: [
      edit(
        'lambdas/tokenization/model/card-number.ts',
        'if (lengthsOfNetwork(text)?.includes(text.length) === false) {',
        'if (lengthsOfNetwork(text)?.includes(text.length) === undefined && text === field) {',
      ),
    ],
    tests: CARD_NUMBER,
  },
  {
    name: 'thirteen zeros are a card number',
    kind: CARD_DATA,
    edits: [
      edit(
        'lambdas/tokenization/model/card-number.ts',
        "if (text.startsWith('0')) throw",
        "if (text.startsWith('01')) throw",
      ),
    ],
    tests: CARD_NUMBER,
  },
  {
    name: 'of two card numbers in one body the last is used',
    kind: CARD_DATA,
    edits: [
      edit(
        'lambdas/runtime/http/repeated-field.ts',
        'const name: unknown = JSON.parse(token);',
        "const name: unknown = token.includes('\\\\') ? token : JSON.parse(token);",
      ),
    ],
    tests: ['test/unit/runtime/http/parse-body.test.ts'],
  },
  {
    name: "a reference may start as Humo's cards do",
    kind: CARD_DATA,
    edits: [
      edit(
        'lambdas/tokenization/model/reference-format.ts',
        'since <= version && (from.length > 1 || lengths.includes(16))',
        "since <= version && from !== '9860' && (from.length > 1 || lengths.includes(16))",
      ),
    ],
    tests: ['test/unit/tokenization/card-networks.test.ts', 'test/unit/tokenization/reference-format.test.ts'],
  },
  {
    name: 'a reference of an older version of the format is refused when it is read',
    kind: CARD_DATA,
    edits: [
      edit(
        'lambdas/tokenization/model/card-reference.ts',
        "REFERENCE_FORMATS.some((format) => findFormatFault(text, 'any', format) === null);",
        "REFERENCE_FORMATS.every((format) => findFormatFault(text, 'any', format) === null);",
      ),
    ],
    tests: ['test/unit/tokenization/reference-format.test.ts', 'test/unit/tome/direct-path.test.ts'],
  },
  {
    name: 'a pair that was fetched under an older version of the format is given out',
    kind: CARD_DATA,
    edits: [
      edit(
        'lambdas/tokenization/create-card.ts',
        "if (reserved.outcome !== 'reserved' || reserved.resumed) return reserved;",
        "if (reserved.outcome !== 'reserved' || !reserved.resumed) return reserved;",
      ),
    ],
    tests: ['test/integration/older-references.test.ts'],
  },
  {
    name: 'a number that was stored under earlier rules is no longer read',
    kind: CARD_DATA,
    edits: [
      edit(
        'lambdas/tokenization/model/card-number.ts',
        'return /^[0-9]{13,19}$/.test(text) && passesLuhn(text) ? new CardNumber(text) : null;',
        'return /^[0-9]{13,19}$/.test(text) && passesLuhn(text) ? CardNumber.parse(text) : null;',
      ),
    ],
    tests: CARD_NUMBER,
  },
];
