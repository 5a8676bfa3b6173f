import * as z from 'zod/mini';
import { FUNCTION_SETTINGS, type FunctionName } from '../functions.ts';
import { RuntimeFailure } from './own-error.ts';
import { conflictsBesideLimits, conflictsBetween } from './setting-conflicts.ts';
import { type GroupName, type Settings, settingGroups } from './setting-groups.ts';

/** The groups of settings that a function reads. */
export type SettingGroup<Name extends FunctionName> = Name extends keyof typeof FUNCTION_SETTINGS
  ? (typeof FUNCTION_SETTINGS)[Name][number]
  : never;

/** The settings of a function. A setting of a group that its row does not list does not exist. */
export type FunctionSettings<Name extends FunctionName> = Name extends FunctionName
  ? Settings<SettingGroup<Name>>
  : never;

/** The functions that read a group of settings. */
export type FunctionWith<Group extends GroupName> = {
  [Name in FunctionName]: Group extends SettingGroup<Name> ? Name : never;
}[FunctionName];

type Variables = Readonly<Record<string, string | undefined>>;

/** Names every faulty setting at once. Never quotes a value, which may be a secret. */
export class InvalidSettings extends RuntimeFailure {
  override readonly name = 'InvalidSettings';
  readonly code = 'settings-invalid';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The environment cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/**
 * The settings of a function, from the groups that its row in functions.ts lists. An empty variable
 * counts as absent. Throws InvalidSettings.
 *
 * The second form is for code that is no function, such as scripts and tests. It needs the
 * environment as an argument, which only the runtime can read: a handler cannot use it to read a
 * group that its row does not list.
 */
export function readSettings<Name extends FunctionName>(name: Name, environment?: Variables): FunctionSettings<Name>;
export function readSettings<Group extends GroupName>(
  groups: readonly Group[],
  environment: Variables,
): Settings<Group>;
export function readSettings(of: FunctionName | readonly GroupName[], environment: Variables = process.env): unknown {
  const groups: readonly GroupName[] = typeof of === 'string' ? FUNCTION_SETTINGS[of] : of;
  const { values, faults } = parse(groups, environment, conflictsBetween);
  if (faults.length > 0) throw new InvalidSettings(faults);
  return values;
}

/**
 * What `readSettings` would refuse of these groups, for the synthesis of an environment. The sum of
 * calls to TOME is left out, because the synthesis also knows the expected load of all domains.
 */
export const findSettingFaults = (groups: readonly GroupName[], environment: Variables): readonly string[] =>
  parse(groups, environment, conflictsBesideLimits).faults;

function parse(groups: readonly GroupName[], environment: Variables, conflictsIn: typeof conflictsBetween) {
  const parsers: Readonly<Record<string, z.core.$ZodType>> = Object.assign(
    {},
    ...groups.map((group) => settingGroups[group]),
  );
  const given = Object.fromEntries(
    Object.keys(parsers).map((key) => [key, environment[key] === '' ? undefined : environment[key]]),
  );
  const parsed = z.safeParse(z.object(parsers), given);
  const faults = parsed.success
    ? conflictsIn(parsed.data, new Set(groups))
    : parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  return { values: parsed.data, faults };
}

/** The group `domain`, which every function reads. Throws InvalidSettings. */
export const readDomainSettings = (): Settings<'domain'> => readSettings(['domain'], process.env);
