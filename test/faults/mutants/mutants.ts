import { ACCOUNT_MUTANTS } from './account-mutants.ts';
import { BACKLOG_MUTANTS } from './backlog-mutants.ts';
import { CALLER_MUTANTS } from './caller-mutants.ts';
import { CONFORMANCE_MUTANTS } from './conformance-mutants.ts';
import { CONNECTION_MUTANTS } from './connection-mutants.ts';
import { CREDENTIAL_MUTANTS } from './credential-mutants.ts';
import { DATABASE_MUTANTS } from './database-mutants.ts';
import { DOMAIN_MUTANTS } from './domain-mutants.ts';
import { ENVIRONMENT_MUTANTS } from './environment-mutants.ts';
import { FORM_MUTANTS } from './form-mutants.ts';
import { KEY_MUTANTS } from './key-mutants.ts';
import { LOCAL_STACK_MUTANTS } from './local-stack-mutants.ts';
import { LOCK_MUTANTS } from './lock-mutants.ts';
import { LOOK_ALIKE_MUTANTS } from './look-alike-mutants.ts';
import type { Mutant } from './mutant.ts';
import { POOL_MUTANTS } from './pool-mutants.ts';
import { PRIVACY_MUTANTS } from './privacy-mutants.ts';
import { PROFILE_MUTANTS } from './profile-mutants.ts';
import { SIMULATOR_MUTANTS } from './simulator-mutants.ts';
import { SUPPLY_CHAIN_MUTANTS } from './supply-chain-mutants.ts';
import { TOME_MUTANTS } from './tome-mutants.ts';

/** All planted bugs. `--share K/N` selects by their position. */
export const MUTANTS: readonly Mutant[] = [
  POOL_MUTANTS,
  LOCK_MUTANTS,
  DOMAIN_MUTANTS,
  KEY_MUTANTS,
  CALLER_MUTANTS,
  DATABASE_MUTANTS,
  SUPPLY_CHAIN_MUTANTS,
  CONNECTION_MUTANTS,
  PRIVACY_MUTANTS,
  BACKLOG_MUTANTS,
  TOME_MUTANTS,
  CREDENTIAL_MUTANTS,
  LOCAL_STACK_MUTANTS,
  SIMULATOR_MUTANTS,
  ACCOUNT_MUTANTS,
  FORM_MUTANTS,
  ENVIRONMENT_MUTANTS,
  LOOK_ALIKE_MUTANTS,
  CONFORMANCE_MUTANTS,
  PROFILE_MUTANTS,
].flat();
