import { NAMESPACES } from '../../../lambdas/tome/contract/contract.ts';
import type { Check, Observation } from './check.ts';
import { accessChecks } from './checks/access-checks.ts';
import { bindingChecks } from './checks/binding-checks.ts';
import { bulkChecks } from './checks/bulk-check.ts';
import { identityCheck } from './checks/identity-check.ts';
import { limitChecks } from './checks/limit-checks.ts';
import { lookupChecks } from './checks/lookup-checks.ts';
import { observations } from './checks/observations.ts';
import { prefetchChecks, referenceCheck } from './checks/prefetch-checks.ts';
import { timeOutCheck } from './checks/time-out-check.ts';

/** All rules, in the order in which they are shown. */
export interface Suite {
  readonly observations: readonly Observation[];
  readonly checks: readonly Check[];
}

/** The rules for one run. `rate`: whether the rate limit is tried. */
export const suiteOf = ({ rate }: { readonly rate: boolean }): Suite => ({
  observations,
  checks: inOrderOfNeeds([
    ...accessChecks,
    ...NAMESPACES.flatMap((namespace) => prefetchChecks(namespace)),
    referenceCheck,
    ...NAMESPACES.flatMap((namespace) => [
      ...lookupChecks(namespace),
      ...bindingChecks(namespace),
      timeOutCheck(namespace),
    ]),
    ...bulkChecks,
    identityCheck,
    ...limitChecks(rate),
  ]),
});

/** Each check after those that it needs; otherwise in the order of the list. */
function inOrderOfNeeds(checks: readonly Check[]): readonly Check[] {
  const byId = new Map(checks.map((check) => [check.id, check]));
  const ordered = new Set<Check>();
  const add = (check: Check): void => {
    for (const id of check.needs) {
      const needed = byId.get(id);
      if (needed === undefined) throw new Error(`${check.id} needs ${id}, which is no check.`);
      if (!ordered.has(needed)) add(needed);
    }
    ordered.add(check);
  };
  for (const check of checks) add(check);
  return [...ordered];
}
