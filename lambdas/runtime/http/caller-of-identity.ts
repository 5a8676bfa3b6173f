import type { Caller } from '../../tokenization/callers/caller.ts';
import { CallerUnknown } from '../../tokenization/errors.ts';

/** Partition, service (`iam` or `sts`), account and resource. */
const PRINCIPAL_ARN = /^arn:aws[a-z0-9-]*:(iam|sts)::(\d{12}):(\S+)$/;

/**
 * Returns the caller from `requestContext.identity.userArn`, which API Gateway sets on routes with
 * IAM authorization. Throws CallerUnknown when it is missing, is not the ARN of a principal, or
 * contradicts `accountId`.
 */
export function callerOfIdentity(identity: unknown): Caller {
  const { userArn, accountId } = (identity ?? {}) as { readonly userArn?: unknown; readonly accountId?: unknown };
  const [, service, account, resource] = PRINCIPAL_ARN.exec(typeof userArn === 'string' ? userArn : '') ?? [];
  if (account === undefined || resource === undefined) throw new CallerUnknown();
  if (typeof accountId === 'string' && accountId !== '' && accountId !== account) throw new CallerUnknown();
  const principal = service === 'sts' ? temporaryPrincipal(resource) : lastingPrincipal(resource);
  if (principal === null) throw new CallerUnknown();
  return { account, ...principal };
}

type Principal = Omit<Caller, 'account'>;

/**
 * `assumed-role/ROLE/SESSION`, where ROLE can have a path, or `federated-user/NAME`. The requester
 * of the credentials chooses SESSION and NAME freely, so neither is part of the principal.
 */
function temporaryPrincipal(resource: string): Principal | null {
  const assumed = /^assumed-role\/(.*[^/])\/([^/]+)$/.exec(resource);
  if (assumed !== null) return { principal: `role/${assumed[1]}`, session: assumed[2] ?? null };
  const federated = /^federated-user\/(.+)$/.exec(resource);
  return federated === null ? null : { principal: 'federated-user', session: federated[1] ?? null };
}

/** `user/NAME` or `role/NAME`, with or without a path, or `root`. */
const lastingPrincipal = (resource: string): Principal | null =>
  /^((user|role)\/.*[^/]|root)$/.test(resource) ? { principal: resource, session: null } : null;
