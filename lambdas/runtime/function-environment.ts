import type * as z from 'zod/mini';
import type { FunctionName } from '../rights.ts';
import type { settingGroups } from './settings.ts';

type Groups = typeof settingGroups;

/** Which groups of settings each function reads. */
interface GroupsOf extends Record<FunctionName, keyof Groups> {
  'create-card': 'strategy' | 'callers' | 'domain' | 'request' | 'database' | 'tome' | 'creation' | 'idempotency';
  lookup: 'strategy' | 'callers' | 'domain' | 'request' | 'database' | 'tome' | 'creation';
  'lookup-or-tokenize': 'strategy' | 'callers' | 'domain' | 'request' | 'database' | 'tome' | 'creation';
  detokenize: 'strategy' | 'callers' | 'domain' | 'request' | 'database' | 'tome' | 'creation';
  pool: 'domain' | 'request' | 'database';
  prefetch: 'domain' | 'database' | 'tome' | 'pool' | 'prefetch';
  'pool-health': 'domain' | 'database' | 'pool';
  'settle-reservations': 'domain' | 'request' | 'database' | 'settle';
  'relay-events': 'domain' | 'database' | 'relay';
  'fence-restored': 'domain' | 'database';
  migrate: 'domain' | 'database';
}

type Shape<Names extends keyof Groups> = Groups[Names] extends infer Group
  ? Group extends unknown
    ? (group: Group) => void
    : never
  : never;
type AllOf<Names extends keyof Groups> = Shape<Names> extends (group: infer All) => void ? All : never;

type Address =
  | { readonly DATABASE_SECRET_ID: string; readonly DATABASE_HOST?: string }
  | { readonly DATABASE_HOST: string; readonly DATABASE_USER: string };
type HashKey<Names> = 'idempotency' extends Names ? { readonly IDEMPOTENCY_HMAC_SECRET_ID: string } : unknown;

/** What the deployment must and may set for a function; a variable that has no default and is missing does not compile. */
export type FunctionEnvironment<Name extends FunctionName> = {
  readonly [Key in keyof AllOf<GroupsOf[Name]> as AllOf<GroupsOf[Name]>[Key] extends
    | z.ZodMiniPrefault
    | z.ZodMiniOptional
    ? never
    : Key]: string;
} & {
  readonly [Key in keyof AllOf<GroupsOf[Name]> as AllOf<GroupsOf[Name]>[Key] extends
    | z.ZodMiniPrefault
    | z.ZodMiniOptional
    ? Key
    : never]?: string;
} & Address &
  HashKey<GroupsOf[Name]>;
