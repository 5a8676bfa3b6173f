import { functionNames } from './function-names.ts';
import type { DatabaseRights, FunctionRow } from './function-row.ts';
import { FUNCTIONS, type FunctionName } from './functions.ts';

export interface DatabaseRole {
  readonly functionName: FunctionName;
  readonly role: string;
  /** Names of the database functions that the role may execute. It has no other right. */
  readonly execute: readonly string[];
  readonly statementSeconds: number;
  readonly connectionShare: number;
}

/** The database role of a function. */
export const databaseRoleOf = (name: FunctionName): string => name.replaceAll('-', '_');

/** All database roles: one for each function whose row has rights in the database. */
export const databaseRoles = (): readonly DatabaseRole[] =>
  functionNames().flatMap((functionName) => {
    const { database }: FunctionRow = FUNCTIONS[functionName];
    return database === null ? [] : [roleOf(functionName, database)];
  });

const roleOf = (functionName: FunctionName, { execute, limits }: DatabaseRights): DatabaseRole => ({
  functionName,
  role: databaseRoleOf(functionName),
  execute: execute.flat(),
  ...limits,
});
