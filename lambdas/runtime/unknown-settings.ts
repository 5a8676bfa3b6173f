import { closestName } from './closest-name.ts';
import { settingGroups } from './setting-groups.ts';
import { InvalidSettings } from './settings.ts';

/** Every setting of every function. */
const SETTINGS: readonly string[] = Object.values(settingGroups).flatMap((group) => Object.keys(group));

/**
 * Prefixes that only this project uses. A variable with one of them is a setting or a mistake.
 * Other prefixes of settings, such as DATABASE_ and REQUEST_, are common in a developer's shell.
 */
const OWN_PREFIXES = ['POOL_', 'TOME_', 'PREFETCH_', 'IDEMPOTENCY_', 'RELAY_', 'RESERVATION_', 'SETTLE_', 'EXPIRY_'];

/** Shorter names are similar to too many settings. */
const LEAST_LENGTH = 8;

/** Letters that may differ in a variable without one of these prefixes. */
const NEAR = 2;

/**
 * Throws InvalidSettings for variables that look like a misspelt setting, with the setting that was
 * probably meant; otherwise they would be ignored silently. For programs that a person starts. The
 * environment of a deployed function comes from typed code.
 */
export function refuseUnknownSettings(
  environment: Readonly<Record<string, string | undefined>>,
  alsoKnown: readonly string[],
): void {
  const known = new Set([...SETTINGS, ...alsoKnown]);
  const faults = Object.keys(environment).flatMap((name) => {
    if (known.has(name) || environment[name] === '') return [];
    const upper = name.toUpperCase();
    const isOurs = OWN_PREFIXES.some((prefix) => upper.startsWith(prefix));
    if (!isOurs && (!name.includes('_') || name.length < LEAST_LENGTH)) return [];
    const meant = closestName(name, [...known], isOurs ? undefined : NEAR);
    if (meant !== null) return [`${name} is not a setting. Did you mean ${meant}?`];
    return isOurs ? [`${name} is not a setting. docs/configuration.md lists all settings.`] : [];
  });
  if (faults.length > 0) throw new InvalidSettings(faults);
}
