import * as z from 'zod/mini';
import type { DatabaseAddress } from '../pool/database/database.ts';
import { iamPassword } from './aws/iam-password.ts';
import { readSecret, SecretUnusable } from './aws/secret.ts';
import type { Settings } from './setting-groups.ts';
import { InvalidSettings } from './settings.ts';

/**
 * The format of a database secret of RDS. A secret that RDS manages has no host, port and database
 * name; then the settings must name them.
 */
const databaseSecret = z.object({
  host: z.optional(z.string()),
  port: z.optional(z.number()),
  dbname: z.optional(z.string()),
  username: z.string(),
  password: z.string(),
});

/**
 * Returns the address of the database. The settings name exactly one source: a URL (local stack), a
 * secret (administrator, emulator), or a role with IAM authentication (RDS Proxy).
 */
export async function databaseAddress(settings: Settings<'database'>): Promise<DatabaseAddress> {
  const { DATABASE_URL, DATABASE_SECRET_ID, DATABASE_HOST, DATABASE_USER } = settings;
  if (DATABASE_URL !== undefined) return DATABASE_URL;
  if (DATABASE_SECRET_ID !== undefined) {
    const read = async () => readDatabaseSecret(DATABASE_SECRET_ID, await readSecret(DATABASE_SECRET_ID));
    const { host, port, dbname, username, password } = await read();
    // Each connection needs the password. The server refuses it after a rotation; then it is read
    // again.
    let known: string | null = password;
    return {
      host: host ?? addressed(DATABASE_HOST),
      port: port ?? settings.DATABASE_PORT,
      database: dbname ?? settings.DATABASE_NAME,
      username,
      password: async () => {
        known ??= (await read()).password;
        return known;
      },
      forgetPassword: () => {
        known = null;
      },
      tls: settings.DATABASE_TLS,
    };
  }
  const signIn = { host: addressed(DATABASE_HOST), port: settings.DATABASE_PORT, username: DATABASE_USER ?? '' };
  return {
    ...signIn,
    database: settings.DATABASE_NAME,
    password: () => iamPassword(signIn),
    tls: settings.DATABASE_TLS,
  };
}

function addressed(host: string | undefined): string {
  if (host !== undefined) return host;
  throw new InvalidSettings(['DATABASE_HOST must be set, because the database secret does not name the host']);
}

/** The parser's message would quote the secret. This message only names the wrong fields. */
function readDatabaseSecret(secretId: string, text: string): z.core.output<typeof databaseSecret> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new SecretUnusable(`The secret ${secretId} is not JSON. RDS writes an object with username and password.`);
  }
  const parsed = z.safeParse(databaseSecret, content);
  if (parsed.success) return parsed.data;
  const wrong = new Set(parsed.error.issues.map(({ path }) => String(path[0] ?? 'the whole')));
  throw new SecretUnusable(
    `The secret ${secretId} cannot be used: ${[...wrong].join(', ')} missing or of the wrong type.`,
  );
}
