import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROLE_GRANTS } from '../../lambdas/composition/migrate.ts';
import type { RoleGrants } from '../../lambdas/pool/install/install-roles.ts';
import { migrate } from '../../lambdas/pool/migrate.ts';
import { copyRelease, type ReleaseCopy } from './release-copy.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

/** How the migration installs, grants and drops functions (lambdas/pool/functions/README.md). */

let pool: TestDatabase;
let release: ReleaseCopy;

beforeEach(async () => {
  pool = await createTestDatabase();
  await migrate(pool.url, { grants: ROLE_GRANTS });
  release = await copyRelease();
});

afterEach(async () => {
  await release.discard();
  await pool.drop();
});

const deploy = (grants: readonly RoleGrants[] = ROLE_GRANTS) =>
  migrate(pool.url, { directory: release.directory, grants });

const alsoExecuting = (role: string, name: string) =>
  ROLE_GRANTS.map((grant) => (grant.role === role ? { ...grant, execute: [...grant.execute, name] } : grant));

const mayExecute = async (role: string, signature: string): Promise<boolean> => {
  const [found] = await pool.sql<{ may: boolean }[]>`
    SELECT has_function_privilege(${role}, ${signature}, 'EXECUTE') AS may
  `;
  return found?.may === true;
};

const countFunctions = async (name: string): Promise<number> =>
  (await pool.sql`SELECT FROM pg_proc WHERE proname = ${name} AND pronamespace = 'public'::regnamespace`).length;

const LATER = 'CREATE OR REPLACE FUNCTION later() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;';
const CALLS_LATER =
  'CREATE OR REPLACE FUNCTION calls_later() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN public.later (); END $$;';

test('every function has the arguments and the result that function-signatures.txt has for it', async () => {
  const functions = await pool.sql<{ signature: string }[]>`
    SELECT format('%s(%s) -> %s', proname, pg_get_function_arguments(oid), pg_get_function_result(oid)) AS signature
    FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prorettype <> 'trigger'::regtype
  `;
  const pinned = await readFile('test/integration/function-signatures.txt', 'utf8');
  expect(functions.map(({ signature }) => signature).sort()).toEqual(pinned.trimEnd().split('\n').sort());
});

describe('a new function', () => {
  test('can be executed by the roles in the table of rights and by no other', async () => {
    await release.write('functions/later.sql', LATER);
    await deploy(alsoExecuting('lookup', 'later'));
    expect(await mayExecute('lookup', 'later()')).toBe(true);
    expect(await mayExecute('detokenize', 'later()')).toBe(false);
    expect(await mayExecute('public', 'later()')).toBe(false);
  });
});

describe('a function whose file is deleted', () => {
  test('keeps existing in the migration that takes away its rights, and is dropped by the next one', async () => {
    await release.write('functions/later.sql', LATER);
    await deploy(alsoExecuting('lookup', 'later'));
    await release.remove('functions/later.sql');
    expect(await deploy()).toMatchObject({ functionsDropped: [], strayFunctions: ['later()'] });
    expect(await mayExecute('lookup', 'later()')).toBe(false);
    expect(await deploy()).toMatchObject({
      functionsInstalled: false,
      functionsDropped: ['later()'],
      strayFunctions: [],
    });
    expect(await countFunctions('later')).toBe(0);
  });

  test('keeps existing in the migration that replaces its last caller, because the old body can still run', async () => {
    await release.write('functions/later.sql', LATER);
    await release.write('functions/calls-later.sql', CALLS_LATER);
    await deploy(alsoExecuting('lookup', 'calls_later'));
    await release.remove('functions/later.sql');
    await release.write('functions/calls-later.sql', CALLS_LATER.replace('public.later ()', '2'));
    const grants = alsoExecuting('lookup', 'calls_later');
    expect(await deploy(grants)).toMatchObject({ functionsDropped: [], strayFunctions: ['later()'] });
    expect(await deploy(grants)).toMatchObject({ functionsDropped: ['later()'], strayFunctions: [] });
  });

  test('is dropped at once when no role could execute it and no function called it', async () => {
    await release.write('functions/later.sql', LATER);
    await deploy();
    await release.remove('functions/later.sql');
    expect(await deploy()).toMatchObject({ functionsDropped: ['later()'], strayFunctions: [] });
  });

  test('is installed and granted again when the release that has its file is deployed again', async () => {
    await release.write('functions/later.sql', LATER);
    const grants = alsoExecuting('lookup', 'later');
    await deploy(grants);
    for (let count = 0; count < 2; count += 1) await migrate(pool.url, { grants: ROLE_GRANTS });
    expect(await countFunctions('later')).toBe(0);
    expect(await deploy(grants)).toMatchObject({ functionsInstalled: true, strayFunctions: [] });
    expect(await mayExecute('lookup', 'later()')).toBe(true);
  });

  test('stays when an index of a table uses it', async () => {
    await release.write(
      'functions/later.sql',
      'CREATE OR REPLACE FUNCTION later(a text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT a $$;',
    );
    await deploy();
    await pool.sql`CREATE INDEX pair_later ON pair (later(reason))`;
    await release.remove('functions/later.sql');
    expect(await deploy()).toMatchObject({ functionsDropped: [], strayFunctions: ['later(text)'] });
  });
});

test('a function that the migration did not install is never dropped, and is named in strayFunctions', async () => {
  await pool.sql.unsafe(LATER);
  for (let count = 0; count < 2; count += 1) {
    expect(await deploy()).toMatchObject({ functionsDropped: [], strayFunctions: ['later()'] });
  }
});

describe('a function that is changed under its name', () => {
  test('with other result columns stops the migration, which then changes nothing', async () => {
    await release.write('migrations/900.do.later.sql', 'CREATE TABLE later (id bigint);');
    await release.write(
      'functions/refill/staged-pairs.sql',
      'CREATE OR REPLACE FUNCTION staged_pairs(p_limit int) RETURNS TABLE (pair_id bigint) LANGUAGE sql AS $$ SELECT 1::bigint $$;',
    );
    await expect(deploy()).rejects.toMatchObject({ code: '42P13' });
    expect(await pool.sql`SELECT to_regclass('public.later') AS made`).toEqual([{ made: null }]);
  });

  test('with other arguments becomes a second function, and a grant or a call that fits both fails', async () => {
    await release.write(
      'functions/refill/take-refill-request.sql',
      'CREATE OR REPLACE FUNCTION take_refill_request(p_limit int DEFAULT 1) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;',
    );
    // The old function keeps its grant, so the migration succeeds.
    await deploy();
    expect(await countFunctions('take_refill_request')).toBe(2);
    await expect(pool.sql`SELECT take_refill_request()`).rejects.toMatchObject({ code: '42725' });
    await expect(deploy(alsoExecuting('lookup', 'take_refill_request'))).rejects.toMatchObject({ code: '42725' });
  });
});

describe('a migration that installs no function', () => {
  const UNCHANGED = { functionsInstalled: false, functionsDropped: [], strayFunctions: [] };

  test('grants a right that was added to the table of rights', async () => {
    expect(await deploy(alsoExecuting('lookup', 'request_refill'))).toMatchObject(UNCHANGED);
    expect(await mayExecute('lookup', 'request_refill()')).toBe(true);
  });

  test('revokes a right that was removed from the table of rights, or granted by hand', async () => {
    await deploy(alsoExecuting('lookup', 'request_refill'));
    await pool.sql`GRANT EXECUTE ON FUNCTION take_refill_request() TO lookup`;
    expect(await deploy()).toMatchObject(UNCHANGED);
    expect(await mayExecute('lookup', 'request_refill()')).toBe(false);
    expect(await mayExecute('lookup', 'take_refill_request()')).toBe(false);
  });

  test('grants a right again that was revoked by hand', async () => {
    await pool.sql`REVOKE EXECUTE ON FUNCTION request_refill() FROM create_card`;
    expect(await deploy()).toMatchObject(UNCHANGED);
    expect(await mayExecute('create_card', 'request_refill()')).toBe(true);
  });

  test('creates a role that was added to the table of rights, and revokes all rights of one that was removed', async () => {
    const role = `later_${randomBytes(6).toString('hex')}`;
    try {
      const added = [...ROLE_GRANTS, { role, execute: ['pool_health'], statementSeconds: 5 }];
      expect(await deploy(added)).toMatchObject({ ...UNCHANGED, roles: added.length });
      expect(await mayExecute(role, 'pool_health()')).toBe(true);
      expect(await deploy()).toMatchObject(UNCHANGED);
      expect(await mayExecute(role, 'pool_health()')).toBe(false);
    } finally {
      await pool.sql.unsafe(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });
});
