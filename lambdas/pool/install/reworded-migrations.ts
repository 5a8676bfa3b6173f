import type { Sql } from '../database/database.ts';

/** A migration whose comments changed after databases had executed it. Its statements did not. */
interface RewordedMigration {
  readonly version: number;
  /** The MD5 checksum of the original text, as Postgrator computes it (LF newlines). */
  readonly recorded: string;
  /** The MD5 checksum of the present text. */
  readonly present: string;
}

export const REWORDED_MIGRATIONS: readonly RewordedMigration[] = [
  { version: 1, recorded: '7cf3d163d4d1dd5e93774f5d4c526c13', present: '17e86b0ec7c315b4b951945dfbce0aad' },
  { version: 2, recorded: 'cf2f6b6e6a258080364d89d1441a996d', present: '4be6f40de57b4bff5e84b22188e49724' },
  { version: 3, recorded: '622e0190a1df16f3d86a527e6af867b3', present: 'ec0856d022c6cfe4a993dafcbb54e15a' },
  { version: 4, recorded: '323c6b138b1b78a327a98c3ec45028be', present: '8233b3e6d4c75eb17b2dbc594e308876' },
  { version: 5, recorded: '896b41f054f86a1272d765f69d282087', present: 'dbf64d00bcb6165cf621dbe1a9145c96' },
];

/**
 * Runs Postgrator with the checksums of the present texts. Postgrator refuses a file whose checksum
 * differs from the recorded one, also when only a comment has changed. So the checksums are
 * replaced before `work` and put back after it: `schema_version` always has those of the original
 * texts, and a release from before the rewording can still be deployed again. Both checksums are
 * constants, so a file with any other text is refused. All of it is in the transaction of the
 * migration.
 */
export async function withPresentChecksums<Result>(transaction: Sql, work: () => Promise<Result>): Promise<Result> {
  const [found] = await transaction<{ exists: boolean }[]>`
    SELECT to_regclass('public.schema_version') IS NOT NULL AS exists
  `;
  for (const { version, recorded, present } of found?.exists === true ? REWORDED_MIGRATIONS : []) {
    await transaction`
      UPDATE public.schema_version SET md5 = ${present} WHERE version = ${version} AND md5 = ${recorded}
    `;
  }
  const result = await work();
  for (const { version, recorded, present } of REWORDED_MIGRATIONS) {
    await transaction`
      UPDATE public.schema_version SET md5 = ${recorded} WHERE version = ${version} AND md5 = ${present}
    `;
  }
  return result;
}
