import { type DatabaseAddress, type SignedAddress, signed } from './database-address.ts';
import { createClient } from './driver-options.ts';
import { isSignInRefused } from './sqlstate-conditions.ts';

/**
 * Returns the address with a password that the server has just accepted, for clients that open
 * their connections themselves. A refused password is read again once, because it may have been
 * rotated after this process had read it.
 */
export async function acceptedAddress(address: DatabaseAddress): Promise<SignedAddress> {
  for (let isFirst = true; ; isFirst = false) {
    const given = await signed(address);
    const sql = createClient(given, { maxConnections: 1, prepare: false });
    try {
      await sql`SELECT 1`;
      return given;
    } catch (error) {
      if (!isFirst || !isSignInRefused(error) || typeof address === 'string') throw error;
      address.forgetPassword?.();
    } finally {
      await sql.end({ timeout: 0 });
    }
  }
}
