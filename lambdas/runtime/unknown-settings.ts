import { closestName } from './closest-name.ts';
import { InvalidSettings, settingGroups } from './settings.ts';

/** Every setting that a function may read. */
const SETTINGS: readonly string[] = Object.values(settingGroups).flatMap((group) => Object.keys(group));

/**
 * First words of settings that no other program uses. A variable that begins with one of them is a setting or a mistake. The others, such as
 * DATABASE_ and REQUEST_, stand before variables of many programs in a person's shell.
 */
const OWN_PREFIXES = ['POOL_', 'TOME_', 'PREFETCH_', 'IDEMPOTENCY_', 'RELAY_', 'RESERVATION_', 'SETTLE_', 'EXPIRY_'];

/** Shorter names are close to everything. */
const LEAST_LENGTH = 8;

/** How many letters may differ in a variable that does not begin like one of ours. */
const NEAR = 2;

/**
 * Refuses variables that look like a misspelt setting, which would be ignored without a word. Throws InvalidSettings that names each and
 * the setting that was probably meant. For programs that a person starts: the environment of a deployed function is written by typed code.
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
