import { type Lifecycle, stackIdentity } from '../../../../lib/environments/stack-identity.ts';
import type { DomainContext } from '../domain-context.ts';

/** The physical ids of the domain's resources of one type, in some of its stacks. */
export async function resourcesOf(
  { environment, domain, account }: DomainContext,
  lifecycles: readonly Lifecycle[],
  type: string,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const lifecycle of lifecycles) {
    const { stackName = '' } = stackIdentity(environment, lifecycle, domain);
    const resources = await account.resources(stackName);
    ids.push(...resources.filter((resource) => resource.type === type).map(({ id }) => id));
  }
  return ids;
}
