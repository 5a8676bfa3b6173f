import { expect, test } from 'vitest';
import { expiryMarginSecondsOf } from '../../../lambdas/composition/refill-settings.ts';
import { readSettings } from '../../../lambdas/runtime/settings.ts';
import { profileText } from '../../support/tome-profiles.ts';

const marginOf = (tokenLifetimeHours: number | null, environment: Readonly<Record<string, string>> = {}): number =>
  expiryMarginSecondsOf(
    readSettings(['domain', 'prefetch'], { TOME_PROFILE: profileText({ tokenLifetimeHours }), ...environment }),
  );

test('a pair leaves the pool as long before its expiry as the setting says', () => {
  expect(marginOf(null)).toBe(86_400);
  expect(marginOf(720)).toBe(86_400);
  expect(marginOf(48)).toBe(86_400);
  expect(marginOf(720, { EXPIRY_MARGIN_SECONDS: '60' })).toBe(60);
});

test('a pair of tokens with a short lifetime stays in the pool for half of it', () => {
  expect(marginOf(47)).toBe(47 * 1_800);
  expect(marginOf(1)).toBe(1_800);
});
