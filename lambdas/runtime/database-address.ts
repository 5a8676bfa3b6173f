import * as z from 'zod/mini';
import type { DatabaseAddress } from '../pool/database/database.ts';
import { iamPassword } from './aws/iam-password.ts';
import { readSecret, SecretUnusable } from './aws/secret.ts';
import { InvalidSettings, type Settings } from './settings.ts';

/** A database secret as RDS writes it. One that RDS manages itself leaves the address out, and the settings name it. */
const databaseSecret = z.object({
  host: z.optional(z.string()),
  port: z.optional(z.number()),
  dbname: z.optional(z.string()),
  username: z.string(),
  password: z.string(),
});

/**
 * The database by one of three ways, of which the settings name exactly one: a URL (one machine), a secret (the administrator; the emulator), or a
 * role that signs in by IAM (RDS Proxy).
 */
export async function databaseAddress(settings: Settings<'database'>): Promise<DatabaseAddress> {
  const { DATABASE_URL, DATABASE_SECRET_ID, DATABASE_HOST, DATABASE_USER } = settings;
  if (DATABASE_URL !== undefined) return DATABASE_URL;
  if (DATABASE_SECRET_ID !== undefined) {
    const read = async () => readDatabaseSecret(DATABASE_SECRET_ID, await readSecret(DATABASE_SECRET_ID));
    const { host, port, dbname, username, password } = await read();
    // Kept, because each connection needs it, until the server refuses it: then it was rotated.
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

/** The parser's message would quote the secret, which may be a bare password; ours names the fields that are wrong. */
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
