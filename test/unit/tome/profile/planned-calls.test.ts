import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callsOfDomain, findExcess, NO_CALLS } from '../../../../lambdas/tome/profile/planned-calls.ts';
import type { TomeProfile } from '../../../../lambdas/tome/profile/tome-profile.ts';

type Limits = TomeProfile['limits'];

const limit = (callsPerSecond: number, scope: Limits['scope'], tokensPerPrefetch = 5_000): Limits => ({
  callsPerSecond,
  scope,
  tokensPerPrefetch,
});
const card = { domain: 'card', plan: { ...NO_CALLS, creations: 150, reads: 75, batch: 80, direct: 100 } };
const program = { domain: 'program', plan: { ...NO_CALLS, creations: 30, reads: 15, batch: 80, direct: 20 } };

describe('domains that plan more calls than TOME takes are reported with the largest sum', () => {
  test('of one operation in both namespaces', () => {
    expect(findExcess(limit(250, 'endpoint'), [card, program])).toBe(
      'TOME takes 250 calls a second for each operation, and tokenize needs ' +
        'card 150 live + 80 batch + 100 direct, program 30 live + 80 batch + 20 direct = 460',
    );
  });

  test('of lookups, when reads and confirmations of direct creations are more than the bindings', () => {
    const plan = { ...NO_CALLS, creations: 50, reads: 120, batch: 10, direct: 50 };
    expect(findExcess(limit(200, 'endpoint'), [{ domain: 'card', plan }])).toBe(
      'TOME takes 200 calls a second for each operation, and lookup needs card 120 live + 100 direct = 220',
    );
  });

  test('of one namespace: creations and reads in ns1', () => {
    expect(findExcess(limit(250, 'namespace'), [card])).toBe(
      'TOME takes 250 calls a second for each namespace, and ns1 needs card 225 live + 1 batch + 100 direct = 326',
    );
  });

  test('of one namespace: bindings in ns2', () => {
    const plan = { ...card.plan, batch: 300 };
    expect(findExcess(limit(450, 'namespace'), [{ domain: 'card', plan }])).toBe(
      'TOME takes 450 calls a second for each namespace, and ns2 needs card 300 batch + 200 direct = 500',
    );
  });

  test('of all calls, with the four calls of a direct creation', () => {
    expect(findExcess(limit(600, 'all'), [card])).toBe(
      'TOME takes 600 calls a second in all, and all operations need card 225 live + 80 batch + 300 direct = 605',
    );
  });

  test('of a domain whose direct path may do more than is expected', () => {
    const plan = { ...NO_CALLS, creations: 10, batch: 80, direct: 100 };
    expect(findExcess(limit(250, 'endpoint'), [{ domain: 'card', plan }])).toBe(
      'TOME takes 250 calls a second for each operation, and tokenize needs card 80 batch + 200 direct = 280',
    );
  });

  test('of a process whose limit on live calls is above what it expects', () => {
    const plan = { ...NO_CALLS, batch: 80, direct: 80, liveLimit: 225 };
    expect(findExcess(limit(250, 'endpoint'), [{ domain: '', plan }])).toBe(
      'TOME takes 250 calls a second for each operation, and tokenize needs 225 live + 80 batch = 305',
    );
  });

  test('of domains that are not listed', () => {
    expect(findExcess(limit(250, 'endpoint'), [{ domain: '', plan: { ...NO_CALLS, batch: 80 } }], 171)).toBe(
      'TOME takes 250 calls a second for each operation, and tokenize needs 80 batch + 171 of other domains = 251',
    );
  });
});

test.each([
  ['endpoint', 460],
  ['namespace', 400],
  ['all', 790],
] as const)('with the scope %s exactly %i calls a second suffice', (scope, calls) => {
  expect(findExcess(limit(calls, scope), [card, program])).toBeNull();
  expect(findExcess(limit(calls - 1, scope), [card, program])).toContain(`= ${calls}`);
});

const numbers = fc.integer({ min: 0, max: 300 });
const plans = fc.record({ creations: numbers, reads: numbers, batch: numbers, direct: numbers, liveLimit: numbers });
const limits = fc.record({
  callsPerSecond: fc.integer({ min: 1, max: 2_000 }),
  scope: fc.constantFrom('endpoint' as const, 'namespace' as const, 'all' as const),
  tokensPerPrefetch: fc.integer({ min: 1, max: 5_000 }),
});

test('a function starts with the calls of the other domains whenever the synthesis accepts all domains', () => {
  fc.assert(
    fc.property(limits, plans, plans, (taken, own, other) => {
      const domains = [
        { domain: 'card', plan: own },
        { domain: 'program', plan: other },
      ];
      fc.pre(findExcess(taken, domains) === null);
      // A function knows neither creations nor reads that are expected.
      const known = { ...own, creations: 0, reads: 0 };
      expect(findExcess(taken, [{ domain: '', plan: known }], callsOfDomain(taken, other))).toBeNull();
    }),
  );
});
