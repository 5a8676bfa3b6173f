import { LeaseLost } from '../tokenization/errors/lease-lost.ts';
import type { Lease } from '../tokenization/ports/refill-store.ts';
import type { Sql } from './database.ts';

/**
 * Takes the lease when it is free, has run out, or is the holder's own, each time under a higher number. A row and not an advisory lock,
 * which would pin a connection of RDS Proxy (brief 5). Executed again after a lost commit it is the holder's own: a new number.
 */
export async function acquireLease(sql: Sql, job: string, holder: string, leaseSeconds: number): Promise<Lease | null> {
  const [lease] = await sql<Lease[]>`
    INSERT INTO job_lease (job, fencing, holder, expires_at)
    VALUES (${job}, 1, ${holder}, now() + make_interval(secs => ${leaseSeconds}))
    ON CONFLICT (job) DO UPDATE
      SET fencing = job_lease.fencing + 1, holder = excluded.holder, expires_at = excluded.expires_at
      WHERE job_lease.expires_at < now() OR job_lease.holder = excluded.holder
    RETURNING fencing
  `;
  return lease ?? null;
}

export async function renewLease(sql: Sql, job: string, { fencing }: Lease, leaseSeconds: number): Promise<void> {
  const renewed = await sql`
    UPDATE job_lease
    SET expires_at = now() + make_interval(secs => ${leaseSeconds})
    WHERE job = ${job} AND fencing = ${fencing}
    RETURNING job
  `;
  if (renewed.length === 0) throw new LeaseLost();
}

export async function releaseLease(sql: Sql, job: string, { fencing }: Lease): Promise<void> {
  await sql`UPDATE job_lease SET expires_at = now() - interval '1 second' WHERE job = ${job} AND fencing = ${fencing}`;
}

/** Inside a transaction: holds the lease's row until the end, so that no other run can take over between this look and the commit. */
export async function assertLease(sql: Sql, job: string, { fencing }: Lease): Promise<void> {
  const [held] = await sql`SELECT 1 FROM job_lease WHERE job = ${job} AND fencing = ${fencing} FOR SHARE`;
  if (held === undefined) throw new LeaseLost();
}
