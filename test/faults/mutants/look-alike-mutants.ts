import { edit, type Mutant } from './mutant.ts';

const FORMS = 'card numbers, internal tokens and references that look alike';
const BOUND_REFERENCE = ['test/unit/tokenization/bound-reference.test.ts'];
const MASKS = ['test/unit/runtime/masked-digits.test.ts'];

/** Bugs that take one of the three texts for another one, or write an internal token to a log. */
export const LOOK_ALIKE_MUTANTS: readonly Mutant[] = [
  {
    name: 'an internal token that equals the number of its card is accepted',
    kind: FORMS,
    edits: [
      edit(
        'lambdas/tokenization/distinct-texts.ts',
        '(cardNumber, token) => cardNumber.hasDigits(token)',
        '(cardNumber, token) => cardNumber.hasDigits(`${token} `)',
      ),
    ],
    tests: ['test/unit/tokenization/distinct-texts.test.ts'],
  },
  {
    name: 'a reference that equals the number of its card is accepted',
    kind: FORMS,
    edits: [
      edit(
        'lambdas/tokenization/bound-reference.ts',
        'if (cardNumber.hasDigits(reference)) throw new ReferenceUnacceptable();',
        'if (cardNumber.hasDigits(`${reference} `)) throw new ReferenceUnacceptable();',
      ),
    ],
    tests: BOUND_REFERENCE,
  },
  {
    name: 'a card whose internal token is a stored reference is refused',
    kind: FORMS,
    edits: [edit('lambdas/pool/pair-store.ts', "if (code === 'FORMS' || code === 'REFER')", "if (code === 'FORMS')")],
    tests: ['test/integration/sixteen-digits.test.ts'],
  },
  {
    name: 'a pair is used for the card whose number is its internal token',
    kind: FORMS,
    edits: [
      edit(
        'lambdas/tokenization/create-card.ts',
        'if (cardNumber.hasDigits(internalToken) || cardNumber',
        'if (internalToken.length === 0 || cardNumber',
      ),
    ],
    tests: ['test/integration/sixteen-digits.test.ts'],
  },
  {
    name: 'a text that both namespaces issued is sent to the database as a token',
    kind: FORMS,
    edits: [
      edit(
        'lambdas/tokenization/refill/fetch-tokens.ts',
        'const isUsable = !externalTexts.has(token);',
        'const isUsable = !externalTexts.has(token) || token.length === 16;',
      ),
    ],
    tests: ['test/unit/tokenization/fetch-tokens.test.ts'],
  },
  {
    name: 'a staged pair of two equal texts is bound on NS2',
    kind: FORMS,
    edits: [
      edit(
        'lambdas/tokenization/refill/mapping-outcomes.ts',
        'const isEqual = (internalToken as string) === cardReference;',
        'const isEqual = (internalToken as string) === `${cardReference} `;',
      ),
    ],
    tests: ['test/integration/sixteen-digits.test.ts'],
  },
  {
    name: 'a pair is used for the card whose number is its reference',
    kind: FORMS,
    edits: [
      edit(
        'lambdas/tokenization/create-card.ts',
        '|| cardNumber.hasDigits(cardReference)) return',
        '|| cardReference.length === 0) return',
      ),
    ],
    tests: ['test/integration/equal-texts.test.ts'],
  },
  {
    name: 'a bound reference outside the format is refused',
    kind: FORMS,
    edits: [
      edit(
        'lambdas/tokenization/bound-reference.ts',
        "dependencies.report('reference-odd', context);",
        'throw new ReferenceUnacceptable();',
      ),
    ],
    tests: BOUND_REFERENCE,
  },
  {
    name: 'a reference is bound before it is checked although the setting says refuse',
    kind: FORMS,
    edits: [
      edit(
        'lambdas/tokenization/bind-candidate.ts',
        'if (candidate !== undefined && isAcceptable(dependencies, candidate, named)) {',
        'if (candidate !== undefined || isAcceptable(dependencies, candidate ?? ("" as CardReference), named)) {',
      ),
    ],
    tests: BOUND_REFERENCE,
  },
  {
    name: 'an internal token of 16 digits is written to the log',
    kind: FORMS,
    edits: [
      edit(
        'lambdas/runtime/logging/redact-card-numbers.ts',
        'filter(({ digits, isHexadecimal }) => !isHexadecimal && areMasked(digits))',
        'filter(({ digits, isHexadecimal }) => isHexadecimal && areMasked(digits))',
      ),
    ],
    tests: MASKS,
  },
  {
    name: 'the audit record of a refused request contains an internal token',
    kind: FORMS,
    edits: [edit('lambdas/runtime/logging/audit.ts', ' && !areMasked(text) ? text : null;', ' ? text : null;')],
    tests: MASKS,
  },
  {
    name: 'the audit record of a disclosure does not name a reference that looks like a card number',
    kind: FORMS,
    edits: [
      edit(
        'lambdas/runtime/logging/audit.ts',
        'cardReference: new ProvenReference(cardReference),',
        'cardReference: [ProvenReference].length > 0 ? cardReference : null,',
      ),
    ],
    tests: MASKS,
  },
  {
    name: 'an internal token of letters or digits is not masked when it has digits only',
    kind: FORMS,
    edits: [
      edit(
        'lambdas/tokenization/model/digit-form.ts',
        'return lengths.length === 0 ? null : { ...rules, lengths };',
        "return lengths.length === 0 || alphabet !== 'digits' ? null : { ...rules, lengths };",
      ),
    ],
    tests: MASKS,
  },
  {
    name: 'the session that a caller chose is not masked in an audit record',
    kind: FORMS,
    edits: [
      edit(
        'lambdas/runtime/logging/audit.ts',
        'session: caller.session,',
        'session: caller.session === null ? null : new VerifiedIdentity(caller.session),',
      ),
    ],
    tests: MASKS,
  },
  {
    name: 'a form of internal tokens is compared with numbers of known card networks only',
    kind: FORMS,
    edits: [
      edit(
        'lambdas/tokenization/model/token-form.ts',
        '!coverAllStarts([...forbiddenStarts, NO_CARD_START]);',
        "!coverAllStarts([...forbiddenStarts, NO_CARD_START, { from: '95', to: '98' }]);",
      ),
    ],
    tests: ['test/unit/tokenization/token-form.test.ts'],
  },
  {
    name: 'a function starts without the masks of its profile',
    kind: FORMS,
    edits: [edit('lambdas/composition/start-up.ts', '    maskLogs();\n', '    void maskLogs;\n')],
    tests: MASKS,
  },
];
