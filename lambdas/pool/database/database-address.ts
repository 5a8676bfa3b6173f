/**
 * The parts of a server's address, with a password that is made or read for each new connection.
 */
export interface AddressParts {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: () => Promise<string>;
  /**
   * Called when the server refused the password. The next call of `password` must not return the
   * same one from memory.
   */
  readonly forgetPassword?: () => void;
  readonly tls: boolean;
}

/** The address of a server: a URL, or its parts. */
export type DatabaseAddress = string | AddressParts;

/** An address that contains the password. */
export type SignedAddress =
  | string
  | (Omit<AddressParts, 'password' | 'forgetPassword'> & { readonly password: string });

/**
 * Gets the password before the driver runs. postgres.js also accepts a function, but calls it where
 * no rejection is handled: a password that cannot be made (no credentials, Secrets Manager down)
 * would end the process.
 */
export async function signed(address: DatabaseAddress): Promise<SignedAddress> {
  if (typeof address === 'string') return address;
  const { host, port, database, username, tls } = address;
  return { host, port, database, username, tls, password: await address.password() };
}
