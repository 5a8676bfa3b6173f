import { edit, type Mutant } from './mutant.ts';

const KIND = 'separation of callers';
const BUDGETS = ['test/integration/caller-budgets.test.ts'];
const CALLERS = ['test/integration/callers.test.ts'];

/** Bugs that mix up callers, or let a caller guess without a limit or without an audit record. */
export const CALLER_MUTANTS: readonly Mutant[] = [
  {
    name: 'an Idempotency-Key belongs to the account and not to the role',
    kind: KIND,
    edits: [
      edit(
        'lambdas/composition/tokenizer.ts',
        "keyHash: keyedHash(secret, ['key', account, principal, idempotencyKey]),",
        "keyHash: keyedHash(secret, ['key', account, idempotencyKey]),",
      ),
    ],
    tests: CALLERS,
  },
  {
    name: 'an Idempotency-Key belongs to the session and not to the role',
    kind: KIND,
    edits: [
      edit(
        'lambdas/composition/tokenizer.ts',
        '(idempotencyKey: string, cardNumber: CardNumber, { account, principal }: Caller): IdempotencyClaim => ({',
        '(idempotencyKey: string, cardNumber: CardNumber, { account, session: principal }: Caller): IdempotencyClaim => ({',
      ),
      edit(
        'lambdas/composition/tokenizer.ts',
        'function keyedHash(secret: string, parts: readonly string[]): Buffer {',
        'function keyedHash(secret: string, given: readonly (string | null)[]): Buffer {\n  const parts = given.map(String);',
      ),
    ],
    tests: CALLERS,
  },
  {
    name: 'the parts of a keyed hash are joined without their lengths',
    kind: KIND,
    edits: [
      edit('lambdas/composition/tokenizer.ts', 'hash.update(`${bytes.length}:`).update(bytes);', 'hash.update(bytes);'),
    ],
    tests: CALLERS,
  },
  {
    name: 'a request without a caller is served',
    kind: KIND,
    edits: [
      edit(
        'lambdas/runtime/http/caller-of-identity.ts',
        'if (account === undefined || resource === undefined) throw new CallerUnknown();',
        "if (account === undefined || resource === undefined) return { account: 'local', principal: 'local', session: null };",
      ),
    ],
    tests: CALLERS,
  },
  {
    name: 'a detokenize that finds nothing leaves no audit record',
    kind: KIND,
    edits: [
      edit(
        'lambdas/runtime/http/api-handler.ts',
        "if (route.auditedReference !== undefined && code !== 'ok') {",
        "if (route.auditedReference !== undefined && code === 'ok') {",
      ),
    ],
    tests: CALLERS,
  },
  {
    name: 'a caller whose budget is spent still gets successful answers',
    kind: KIND,
    edits: [
      edit(
        'lambdas/pool/caller-budget.ts',
        'if (row !== undefined && row.waitSeconds > 0)',
        'if (row !== undefined && row.waitSeconds < 0)',
      ),
    ],
    tests: BUDGETS,
  },
  {
    name: 'the caller budget is checked on the snapshot and not on the locked row',
    kind: KIND,
    edits: [
      edit(
        'lambdas/pool/functions/callers/spend-caller-budget.sql',
        'WHERE budget.spent_until <= now() + whole - one_unit + make_interval(secs => 0.001)\n',
        'WHERE caller_budget_wait(p_caller, p_kind, p_limit, p_window_seconds) = 0\n',
      ),
    ],
    tests: BUDGETS,
  },
  {
    name: 'a request over its caller budget is refused only after the call to TOME',
    kind: KIND,
    edits: [
      edit(
        'lambdas/tokenization/callers/caller-budgets.ts',
        'if (leftMs > 0) throw this.#refusal(kind, caller, leftMs / 1_000);',
        'if (leftMs > 1e9) throw this.#refusal(kind, caller, leftMs / 1_000);',
      ),
    ],
    tests: BUDGETS,
  },
  {
    name: 'a creation of a card that has a reference is not counted',
    kind: KIND,
    edits: [
      edit(
        'lambdas/tokenization/callers/limit-callers.ts',
        'if (!card.created && card.isReplay !== true)',
        'if (!card.created && card.isReplay === true)',
      ),
    ],
    tests: BUDGETS,
  },
  {
    name: 'an error that the API can answer is missing in docs/openapi.json',
    kind: KIND,
    edits: [
      edit(
        'lambdas/functions.ts',
        "path: '/v1/{items}/lookup', request: 'source', answer: 'reference' },\n    successes: [200],\n    problems: ['card-not-found', 'caller-budget-spent'],",
        "path: '/v1/{items}/lookup', request: 'source', answer: 'reference' },\n    successes: [200],\n    problems: ['caller-budget-spent'],",
      ),
    ],
    tests: ['test/unit/checks/api-document.test.ts'],
  },
  {
    name: 'the Deny for detokenize covers only one spelling of its path',
    kind: KIND,
    edits: [
      edit(
        'lib/api/api-access.ts',
        "  'execute-api:/*/v1/references/*',\n",
        "  'execute-api:/live/POST/v1/references/detokenize',\n",
      ),
      edit('lib/api/api-access.ts', "  'execute-api:/*eferences*',\n", ''),
      edit('lib/api/api-access.ts', "  'execute-api:/*etokenize*',\n", ''),
    ],
    tests: ['test/infrastructure/api-access.test.ts'],
  },
  {
    name: 'all callers share one rate limit',
    kind: KIND,
    edits: [
      edit(
        'lambdas/runtime/http/caller-throttle.ts',
        'const name = callerName(caller);',
        "const name = caller.principal === '' ? '' : 'all';",
      ),
    ],
    tests: ['test/unit/runtime/caller-throttle.test.ts'],
  },
];
