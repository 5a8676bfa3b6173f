/** How to reach the server in parts, with a password that is made or read when a connection is opened. */
export interface AddressParts {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: () => Promise<string>;
  /** Called when the server refused the password: the next call of `password` must not give the same one from memory. */
  readonly forgetPassword?: () => void;
  readonly tls: boolean;
}

/** How to reach the server: a URL, or its parts. */
export type DatabaseAddress = string | AddressParts;

/** An address with the password in it. */
export type SignedAddress =
  | string
  | (Omit<AddressParts, 'password' | 'forgetPassword'> & { readonly password: string });

/**
 * Gets the password before the driver is involved. postgres.js takes a function too, but calls it where it handles no
 * rejection: a password that cannot be made (no credentials, Secrets Manager down) would end the whole process.
 */
export async function signed(address: DatabaseAddress): Promise<SignedAddress> {
  if (typeof address === 'string') return address;
  const { host, port, database, username, tls } = address;
  return { host, port, database, username, tls, password: await address.password() };
}
