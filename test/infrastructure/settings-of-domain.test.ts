import { globSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { functionNames } from '../../lambdas/function-names.ts';
import { FUNCTION_SETTINGS, type FunctionName } from '../../lambdas/functions.ts';
import { type GroupName, settingGroups } from '../../lambdas/runtime/setting-groups.ts';
import { readSettings } from '../../lambdas/runtime/settings.ts';
import { SHIPPED_PROFILES } from '../../lambdas/tome/profile/shipped-profiles.ts';
import { DECIDED_SETTINGS } from '../../lib/environments/decided-settings.ts';
import type { AwsEnvironment, DomainSettings } from '../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { synthesize } from './synthesize-environment.ts';

type Values = Readonly<Record<string, string | number | boolean>>;

const dev = ENVIRONMENTS.dev as AwsEnvironment;
const card = dev.domains.card as DomainSettings;
const PARSERS: Readonly<Record<string, z.core.$ZodType>> = Object.assign({}, ...Object.values(settingGroups));
const isDecided = (name: string): boolean => name in DECIDED_SETTINGS;
const settable = Object.keys(PARSERS).filter((name) => !isDecided(name));

/** Values that no rule derives: settings without a default, and choices. */
const CHOSEN: Values = {
  SOURCE_FORM: 'account-number',
  SOURCE_LENGTHS: '12,16',
  SOURCE_CHECK_DIGIT: 'luhn',
  REFERENCE_FORMAT: 'tome',
  REFERENCE_LUHN: 'any',
  TOKENIZER: 'direct',
  UNACCEPTABLE_REFERENCES: 'refuse',
};

/** For each setting that an environment may contain, a value that is not its default. */
const others: Values = Object.fromEntries(
  settable.map((name) => {
    const chosen = CHOSEN[name];
    if (chosen !== undefined) return [name, chosen];
    const fallback = z.parse(PARSERS[name] ?? z.never(), undefined);
    if (typeof fallback === 'boolean') return [name, !fallback];
    if (typeof fallback !== 'number') throw new Error(`${name}: choose a value for this test.`);
    const lower = Number.isInteger(fallback) ? fallback - 1 : fallback / 2;
    return [name, z.safeParse(PARSERS[name] ?? z.never(), String(lower)).success ? lower : fallback + 1];
  }),
);

test('every setting is one that an environment may contain, or is decided by the deployment for a reason', () => {
  expect(Object.keys(DECIDED_SETTINGS).filter((name) => !(name in PARSERS))).toEqual([]);
  expect(settable.length).toBeGreaterThan(45);
  expect(settable.filter((name) => others[name] === undefined)).toEqual([]);
});

describe('an environment with another value for every setting', () => {
  let variablesOf: (name: FunctionName) => Readonly<Record<string, string>>;

  beforeAll(() => {
    const settings = { ...card.settings, ...others } as DomainSettings['settings'];
    const tomeProfile = { ...SHIPPED_PROFILES.simulator, name: 'with-bulk', bulkItems: 100 };
    const domains = { card: { ...card, settings, tomeProfile } };
    const { resources } = synthesize({ ...dev, domains }, { isChecked: false });
    variablesOf = (name) => {
      const found = resources.find(({ properties }) => properties.FunctionName === `dev-card-${name}`);
      return found?.properties.Environment.Variables ?? {};
    };
  });

  test.each(functionNames())('%s has each setting that it reads, and no other', (name) => {
    const read = FUNCTION_SETTINGS[name].flatMap((group: GroupName) => Object.keys(settingGroups[group]));
    const given = Object.entries(variablesOf(name)).filter(([variable]) => settable.includes(variable));
    const expected = read.filter((setting) => !isDecided(setting)).map((setting) => [setting, String(others[setting])]);
    expect(Object.fromEntries(given)).toEqual(Object.fromEntries(expected));
    expect(given.length).toBeGreaterThan(10);
  });

  test('prefetch starts with these values', () => {
    expect(readSettings('prefetch', variablesOf('prefetch'))).toMatchObject({
      PREFETCH_BATCH_SIZE: 4_999,
      PREFETCH_BULK_TOKENIZE: true,
      EXPIRY_MARGIN_SECONDS: 86_399,
    });
  });
});

test('every setting that the probe names can be set', () => {
  const probe = globSync('scripts/cli/probe/*.ts').map((file) => readFileSync(file, 'utf8'));
  const named = probe.flatMap((text) =>
    [...text.matchAll(/setting: \{ name: '([A-Z_]+)'/g)].map(([, name = '']) => name),
  );
  expect(new Set(named)).toEqual(
    new Set(['EXPIRY_MARGIN_SECONDS', 'REFERENCE_LUHN', 'TOME_ATTEMPT_TIMEOUT_MS', 'PREFETCH_BULK_TOKENIZE']),
  );
  expect(named.filter((name) => !settable.includes(name))).toEqual([]);
});

test('every setting that the runbook says to change can be set', () => {
  const runbook = readFileSync('docs/runbook.md', 'utf8').replaceAll(/\s+/g, ' ');
  const changed = [...runbook.matchAll(/(?:[Rr]aise|lower|set) `([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, name = '']) => name);
  expect(changed.length).toBeGreaterThan(4);
  expect(changed.filter((name) => !settable.includes(name))).toEqual([]);
});
