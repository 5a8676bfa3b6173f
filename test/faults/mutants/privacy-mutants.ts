import { edit, type Mutant } from './mutant.ts';

const TEXT = 'card numbers and secrets in text';
const INPUT = 'input that must be refused';
const REDACTION = ['test/unit/runtime/redact-card-numbers.test.ts'];
const FINISH = 'lambdas/tokenization/finish-reservation.ts';
const LOGGER = ['test/unit/runtime/logger.test.ts'];
const ERRORS = ['test/unit/runtime/describe-error.test.ts'];
const CARD_NUMBER = ['test/unit/tokenization/card-number.test.ts'];

/** Bugs that write card numbers or secrets to a log, or accept input that must be refused. */
export const PRIVACY_MUTANTS: readonly Mutant[] = [
  {
    name: 'the log contains the message of any error',
    kind: TEXT,
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
    name: 'lines of an error message that look like stack frames are logged as the stack',
    kind: TEXT,
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
    name: 'a failed start throws the original error of a client or parser',
    kind: TEXT,
    edits: [
      edit('lambdas/composition/start-up.ts', "throw asOwnError('The function cannot start', error);", 'throw error;'),
    ],
    tests: ERRORS,
  },
  {
    name: 'the error for a database secret that is not JSON quotes the secret',
    kind: TEXT,
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
    name: 'the report of an unknown outcome names the internal token',
    kind: TEXT,
    edits: [
      edit(
        FINISH,
        "report('outcome-unknown', context, error);",
        "report('outcome-unknown', context, new TomeAnswerInvalid(`No answer about ${reservation.internalToken}.`, error));",
      ),
    ],
  },
  {
    name: 'the report of an unknown outcome names the card number',
    kind: TEXT,
    edits: [
      edit(
        FINISH,
        "report('outcome-unknown', context, error);",
        "report('outcome-unknown', context, new TomeAnswerInvalid(`No answer about ${cardNumber.reveal()}.`, error));",
      ),
    ],
  },
  {
    name: 'the names of logged fields are not redacted',
    kind: TEXT,
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
    name: 'the audit log is not redacted',
    kind: TEXT,
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
    name: 'a card number with letters between its groups is not redacted',
    kind: TEXT,
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
    name: 'a correlation id in the form of a UUID is not searched for card numbers',
    kind: TEXT,
    edits: [
      edit(
        'lambdas/runtime/logging/redact-card-numbers.ts',
        'export const holdsCardNumber = (text: string): boolean => hitsIn(text).length > 0;',
        'export const holdsCardNumber = (text: string): boolean =>\n  !/^[0-9a-f-]{36}$/.test(text) && hitsIn(text).length > 0;',
      ),
    ],
    tests: REDACTION,
  },
  {
    name: 'a reference beside a counter is redacted',
    kind: TEXT,
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
    name: "the masks of CloudWatch hide references in the ranges beside Mastercard's",
    kind: TEXT,
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
    name: 'the length of a card number is not compared with the lengths of its network',
    kind: INPUT,
    edits: [
      edit(
        'lambdas/tokenization/model/source-form.ts',
        'if (lengthsOfNetwork(text)?.includes(text.length) === false) {',
        "if (lengthsOfNetwork(text)?.includes(text.length) === undefined && text === '') {",
      ),
    ],
    tests: CARD_NUMBER,
  },
  {
    name: 'thirteen zeros are accepted as a card number',
    kind: INPUT,
    edits: [
      edit(
        'lambdas/tokenization/model/source-form.ts',
        "if (text.startsWith('0')) return",
        "if (text.startsWith('01')) return",
      ),
    ],
    tests: CARD_NUMBER,
  },
  {
    name: 'a body that repeats a field with an escaped name is accepted',
    kind: INPUT,
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
    name: 'a reference may be in the range of the card network Humo',
    kind: INPUT,
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
    name: 'a detokenize refuses a reference that starts like a card number, although NS2 has bound it',
    kind: INPUT,
    edits: [
      edit(
        'lambdas/tokenization/model/card-reference.ts',
        'if (!isCardReference(text) || isInternalTokenByForm',
        'if (!isOfAnyFormat(text) || isInternalTokenByForm',
      ),
    ],
    tests: ['test/unit/tokenization/reference-format.test.ts'],
  },
  {
    name: 'a creation returns a pair whose reference has an older version of the format',
    kind: INPUT,
    edits: [
      edit(
        'lambdas/tokenization/create-card.ts',
        'const isOutdated = !resumed && findReferenceFault',
        'const isOutdated = resumed && findReferenceFault',
      ),
    ],
    tests: ['test/integration/older-references.test.ts'],
  },
  {
    name: 'a card number that was stored under earlier rules cannot be read',
    kind: INPUT,
    edits: [
      edit(
        'lambdas/tokenization/model/card-number.ts',
        'return canBeStored(text, form) ? new CardNumber(text) : null;',
        'return canBeStored(text, form) ? CardNumber.parse(text, form) : null;',
      ),
    ],
    tests: CARD_NUMBER,
  },
];
