import type { Namespace, Operation } from '../contract/contract.ts';
import type { TomeProfile } from './tome-profile.ts';

/** The path of an operation below the base URL of its namespace. */
export const pathOf = (
  { path, namespaces, operations }: Pick<TomeProfile, 'path' | 'namespaces' | 'operations'>,
  namespace: Namespace,
  operation: Operation,
): string =>
  path.replaceAll('{namespace}', namespaces[namespace].name).replaceAll('{operation}', operations[operation]);
