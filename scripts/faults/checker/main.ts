import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { connect } from '../../../lambdas/pool/database.ts';
import { type Answered, type Evidence, readDatabase } from './evidence.ts';
import { judge } from './invariants.ts';

/**
 * `npm run invariants`: the checker over a stack that runs or has run. It reads the database, TOME's ledger, the events that arrived, and
 * what clients were answered (one JSON line each) and what was logged, as far as they are given; and says what contradicts what.
 */
const { values } = parseArgs({
  options: {
    database: { type: 'string' },
    tome: { type: 'string' },
    api: { type: 'string' },
    answers: { type: 'string' },
    log: { type: 'string' },
    'at-rest': { type: 'boolean', default: false },
    /** The database was restored, or a late replica promoted, since the cards were created. */
    restored: { type: 'boolean', default: false },
  },
});
if (values.database === undefined || values.tome === undefined) {
  process.stderr.write(
    'Usage: npm run invariants -- --database URL --tome URL [--api URL] [--answers FILE] [--log FILE] [--at-rest] [--restored]\n',
  );
  process.exit(2);
}

const read = async <Content>(base: string, path: string): Promise<Content> =>
  (await (await fetch(new URL(path, base))).json()) as Content;
const textOf = (file: string | undefined): string =>
  file !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : '';

const { tome, api } = values;
const bindings = async (namespace: string) =>
  new Map(await read<[string, string][]>(tome, `/_control/bindings?namespace=${namespace}`));
const issued = async (namespace: string) =>
  (await read<{ token: string }[]>(tome, `/_control/issued?namespace=${namespace}`)).map(({ token }) => token);

const output = textOf(values.log);
const sql = connect(values.database, { maxConnections: 1, prepare: false });
const evidence: Evidence = {
  ...(await readDatabase(sql)),
  tome: {
    ns1: await bindings('ns1'),
    ns2: await bindings('ns2'),
    issued: { ns1: await issued('ns1'), ns2: await issued('ns2') },
  },
  answers: textOf(values.answers)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Answered),
  events: api === undefined ? [] : await read(api, '/_local/events'),
  disclosures: [...output.matchAll(/card number disclosed.*?"cardReference":"(\d+)"/g)].map(([, reference]) => ({
    cardReference: reference ?? '',
  })),
  dispatches: [],
  claims: new Map(),
  keyed: [],
  restored: values.restored ? 'unfenced' : 'never',
  output,
};
await sql.end();
const violations = judge(evidence, values['at-rest']);
for (const { invariant, says } of violations) process.stdout.write(`${invariant}: ${says}\n`);
process.stdout.write(
  `${JSON.stringify({ pairs: evidence.rows.length, cards: evidence.tome.ns1.size, violations: violations.length })}\n`,
);
process.exit(violations.length > 0 ? 1 : 0);
