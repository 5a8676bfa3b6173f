import type * as z from 'zod/mini';
import type { GroupName, Parsers } from './setting-groups.ts';

type HasDefault = z.ZodMiniPrefault | z.ZodMiniOptional;

/** The variables of a group of settings: one with a default may be left out, no other may. */
type Variables<Group extends GroupName> = {
  readonly [Key in keyof Parsers<Group> as Parsers<Group>[Key] extends HasDefault ? never : Key]: string;
} & {
  readonly [Key in keyof Parsers<Group> as Parsers<Group>[Key] extends HasDefault ? Key : never]?: string;
};

/** How a deployed function finds the database: with a secret, or as a role that signs in by IAM. */
type DatabaseVariables =
  | { readonly DATABASE_SECRET_ID: string; readonly DATABASE_HOST?: string }
  | { readonly DATABASE_HOST: string; readonly DATABASE_USER: string };

/** Secrets of TOME by their ids. Their text would be readable in a function's configuration. */
interface TomeVariables {
  readonly TOME_CREDENTIAL?: never;
  readonly TOME_CLIENT_CERTIFICATE?: never;
}

/** What a deployment must and may set for a group of settings. */
export type GroupEnvironment<Group extends GroupName> = Variables<Group> &
  (Group extends 'database' ? DatabaseVariables : unknown) &
  (Group extends 'tome' ? TomeVariables : unknown) &
  (Group extends 'idempotency' ? { readonly IDEMPOTENCY_HMAC_SECRET_ID: string } : unknown);
