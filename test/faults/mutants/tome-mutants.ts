import { edit, type Mutant } from './mutant.ts';

const EXCHANGE = 'lambdas/tome/client/http-exchange.ts';
const CONNECTIONS = 'lambdas/tome/client/tome-connections.ts';
const OUTCOMES = 'lambdas/tokenization/refill/mapping-outcomes.ts';
const ODD_ITEMS = 'test/integration/odd-items.test.ts';
const FOREIGN_ANSWERS = 'test/unit/tome/foreign-answers.test.ts';
const CONNECTION_TESTS = 'test/unit/tome/tome-connections.test.ts';
const TURNSTILE_TESTS = 'test/unit/tome/attempt-gate.test.ts';

/** Bugs in how TOME's client tells answers, items and failures apart. */
export const TOME_MUTANTS: readonly Mutant[] = [
  {
    name: 'only a 429 with the request id is a throttling',
    kind: 'one odd item',
    edits: [
      edit(
        EXCHANGE,
        'if (status === 429) throw',
        'if (status === 429 && headers[REQUEST_ID_HEADER] === requestId) throw',
      ),
    ],
    tests: [FOREIGN_ANSWERS],
  },
  {
    name: "a gateway's page without a request id is taken for TOME's answer",
    kind: 'one odd item',
    edits: [
      edit(
        EXCHANGE,
        '(status !== 200 && !(status in REFUSALS)) || givenId === undefined',
        'status !== 200 && !(status in REFUSALS)',
      ),
      edit(EXCHANGE, 'if (givenId !== requestId) {', 'if (givenId !== undefined && givenId !== requestId) {'),
    ],
    tests: [FOREIGN_ANSWERS],
  },
  {
    name: 'one odd item that is asked for again and again opens the breaker',
    kind: 'one odd item',
    edits: [
      edit(
        'lambdas/tokenization/circuit-breaker.ts',
        "if (this.#state === 'closed' && subject !== undefined && this.#subjectsInARow.has(subject)) return;",
        '',
      ),
    ],
    tests: [FOREIGN_ANSWERS],
  },
  {
    name: 'a stored card of another form counts as a failure of TOME',
    kind: 'one odd item',
    edits: [
      edit(
        'lambdas/tome/client/tome-client.ts',
        'if (error instanceof TomeRateLimited || error instanceof LastingAnswer) admission.succeed();',
        'if (error instanceof TomeRateLimited) admission.succeed();',
      ),
    ],
    tests: [FOREIGN_ANSWERS],
  },
  {
    name: 'an odd token of a prefetch answer that could be a card number is stored',
    kind: 'one odd item',
    edits: [
      edit(
        'lambdas/tome/client/prefetched-tokens.ts',
        'text.length > MAX_KEPT_LENGTH || couldBeCardNumber(text)',
        'text.length > MAX_KEPT_LENGTH',
      ),
    ],
    tests: [ODD_ITEMS],
  },
  {
    name: 'an outage is blamed on the staged pairs that meet it',
    kind: 'one odd item',
    edits: [edit(OUTCOMES, 'this.#mappedInAll > 0 && this.#failed.length <=', 'this.#failed.length + 1_000 >=')],
    tests: [ODD_ITEMS],
  },
  {
    name: 'a TOME that answers every mapping wrongly empties the pool into quarantine',
    kind: 'one odd item',
    edits: [edit(OUTCOMES, 'if (this.#fruitlessInARow >= MOST_FRUITLESS_IN_A_ROW) throw error;', 'void error;')],
    tests: [ODD_ITEMS],
  },
  {
    name: 'each creation of a card that NS1 knows by an odd token costs a pair',
    kind: 'one odd item',
    edits: [
      edit(
        'lambdas/tokenization/finish-reservation.ts',
        'refusal.attempts === 1 && !held.resumed',
        'refusal.attempts === 0 && !held.resumed',
      ),
    ],
    tests: [ODD_ITEMS],
  },
  {
    name: 'a handshake that takes the whole attempt counts as sent',
    kind: 'never sent',
    edits: [
      edit(
        CONNECTIONS,
        'if (!wasSent) return new ConnectTimedOut(',
        'if (!isSilent && wasSent) return new ConnectTimedOut(',
      ),
    ],
    tests: [CONNECTION_TESTS],
  },
  {
    name: 'the request is written before the connection stands',
    kind: 'never sent',
    edits: [edit(CONNECTIONS, "socket.once(this.#isTls ? 'secureConnect' : 'connect', send);", 'send();')],
    tests: [CONNECTION_TESTS],
  },
  {
    name: 'an address with credentials, a query or a fragment passes the settings',
    kind: 'never sent',
    edits: [
      edit(
        'lambdas/runtime/url-faults.ts',
        "if (!mayHaveQuery && text.includes('?')) faults.push('must have no query');",
        '',
      ),
    ],
    tests: ['test/unit/runtime/settings.test.ts'],
  },
  {
    name: 'a connection that slept through a freeze is used again',
    kind: 'deadlines and frozen functions',
    edits: [edit(CONNECTIONS, 'wire.onNewConnection ? 0 : MAX_IDLE_MS', 'wire.onNewConnection ? 0 : Number.MAX_VALUE')],
    tests: [CONNECTION_TESTS],
  },
  {
    name: 'a quiet client never gets a retry back',
    kind: 'deadlines and frozen functions',
    edits: [
      edit(
        'lambdas/tome/client/retry-budget.ts',
        'if (this.#saved < FLOOR) this.#saved',
        'if (this.#saved < 0) this.#saved',
      ),
    ],
    tests: ['test/unit/tome/retry-timing.test.ts'],
  },
  {
    name: 'a creation reserves a pair while TOME says 429 to everything',
    kind: 'breakers and throttles',
    edits: [
      edit(
        'lambdas/tome/client/throttle.ts',
        'if (this.#refusalsInARow < REFUSALS_OF_A_STORM) return;',
        'if (this.#refusalsInARow >= 0) return;',
      ),
    ],
    tests: [ODD_ITEMS, TURNSTILE_TESTS],
  },
  {
    name: 'every creation asks a TOME whose Retry-After has just run out',
    kind: 'breakers and throttles',
    edits: [
      edit(
        'lambdas/tome/client/throttle.ts',
        'Math.max(this.#untilMs, this.#probeUntilMs) - this',
        'this.#untilMs - this',
      ),
    ],
    tests: [TURNSTILE_TESTS],
  },
  {
    name: 'the workers of a prefetch are refused while one of them probes',
    kind: 'one odd item',
    edits: [
      edit(
        'lambdas/tome/client/attempt-gate.ts',
        "if (lane === 'batch') await this.#probeEnds(breaker, deadlineMs);\n",
        '',
      ),
      edit(
        'lambdas/tome/client/attempt-gate.ts',
        "while (lane === 'batch' && breaker.probeWaitMs > 0);",
        'while (false);',
      ),
    ],
    tests: [TURNSTILE_TESTS],
  },
  {
    name: 'a burst of creations all reach a TOME that refuses everything',
    kind: 'breakers and throttles',
    edits: [edit('lambdas/tome/client/slow-start.ts', 'const FIRST_CALLS = 4;', 'const FIRST_CALLS = 4_000;')],
    tests: [TURNSTILE_TESTS],
  },
];
