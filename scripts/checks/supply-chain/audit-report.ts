import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';

export const ACKNOWLEDGED_FILE = 'scripts/checks/supply-chain/acknowledged-advisories.json';

const report = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({
      via: z.array(
        z.union([
          z.string(),
          z.object({ url: z.string(), title: z.string(), severity: z.string(), range: z.string() }),
        ]),
      ),
    }),
  ),
});

const acknowledgements = z.array(
  z.strictObject({
    /** The id of the advisory, GHSA-... */
    id: z.string().check(z.regex(/^GHSA(-[0-9a-z]{4}){3}$/)),
    package: z.string(),
    /** Why the advisory does no harm here. */
    reason: z.string().check(z.minLength(20)),
    /** The first day on which the advisory is open again, as YYYY-MM-DD. */
    until: z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/)),
  }),
);

export type Acknowledgements = z.infer<typeof acknowledgements>;

export interface Advisory {
  readonly id: string;
  readonly package: string;
  readonly severity: string;
  readonly title: string;
}

export type AuditOutcome =
  | { readonly outcome: 'not-checked'; readonly reason: string }
  | { readonly outcome: 'checked'; readonly open: readonly Advisory[]; readonly acknowledged: readonly Advisory[] };

/** Reads the acknowledged advisories. Throws a ZodError when an entry has no reason or no end. */
export const acknowledgedAdvisories = (text = readFileSync(ACKNOWLEDGED_FILE, 'utf8')): Acknowledgements =>
  z.parse(acknowledgements, JSON.parse(text));

/**
 * Reads the output of `npm audit --json`. Output that is not a report of vulnerabilities means "not
 * checked", never "no vulnerabilities": without a network, or with a registry without an audit
 * endpoint, npm prints an error object.
 */
export function readAudit(output: string, acknowledged: Acknowledgements, today: string): AuditOutcome {
  const parsed = z.safeParse(report, parsedJson(output));
  if (!parsed.success) return { outcome: 'not-checked', reason: reasonIn(output) };
  const advisories = new Map<string, Advisory>();
  for (const [name, { via }] of Object.entries(parsed.data.vulnerabilities)) {
    for (const cause of via) {
      if (typeof cause === 'string') continue;
      const id = cause.url.slice(cause.url.lastIndexOf('/') + 1);
      advisories.set(`${id} ${name}`, { id, package: name, severity: cause.severity, title: cause.title });
    }
  }
  const isAcknowledged = ({ id, package: name }: Advisory): boolean =>
    acknowledged.some((entry) => entry.id === id && entry.package === name && today < entry.until);
  const all = [...advisories.values()];
  return {
    outcome: 'checked',
    open: all.filter((advisory) => !isAcknowledged(advisory)),
    acknowledged: all.filter(isAcknowledged),
  };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function reasonIn(output: string): string {
  const { message, error } = (parsedJson(output) ?? {}) as { message?: unknown; error?: { summary?: unknown } };
  const reason = [message, error?.summary].find((text) => typeof text === 'string' && text !== '');
  return typeof reason === 'string' ? reason : 'npm audit printed no report';
}
