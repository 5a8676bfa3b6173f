import { existsSync, readFileSync } from 'node:fs';
import { connect } from '../../../lambdas/pool/database/database.ts';
import { REFERENCE_RULES } from '../../../lambdas/tokenization/model/reference-rules.ts';
import { readTomeProfile } from '../../../lambdas/tome/profile/read-profile.ts';
import { InvalidArguments } from '../../../scripts/program/invalid-arguments.ts';
import { parseOptions } from '../../../scripts/program/options.ts';
import { beginProgram } from '../../../scripts/program/run-program.ts';
import { type ClientAnswer, type Evidence, readDatabase } from './evidence.ts';
import { findViolations } from './invariants.ts';

const USAGE = `npm run invariants -- --database URL --tome URL [options]

Checks the invariants of docs/design.md on a local stack that runs or was killed. Reads its database
and the ledger of TOME, and the events, answers and log that the options name. Prints each violation,
and exits with 1 if there is one.

  --database URL   the PostgreSQL database
  --tome URL       the TOME simulator
  --api URL        the local API, to read the events in its queue
  --events FILE    or the file of the local queue (card-events.jsonl in DATA_DIR), also after a kill
  --answers FILE   the answers that clients received, one JSON line each
  --log FILE       the log of the functions
  --profile TEXT   the profile of TOME, as in TOME_PROFILE (simulator)
  --format NAME    what a reference of the pool must look like, as in REFERENCE_FORMAT (card-networks)
  --at-rest        no request is in flight and recovery has run: check that no work is left open
  --restored       the database was restored, or a late replica promoted, after cards were created
  --help           this text
`;

/** `npm run invariants`. */
const values = beginProgram({
  usage: USAGE,
  parse(args) {
    const given = parseOptions(args, {
      database: { type: 'string' },
      tome: { type: 'string' },
      api: { type: 'string' },
      events: { type: 'string' },
      answers: { type: 'string' },
      log: { type: 'string' },
      profile: { type: 'string', default: 'simulator' },
      format: { type: 'string', default: 'card-networks' },
      'at-rest': { type: 'boolean', default: false },
      restored: { type: 'boolean', default: false },
    });
    if (given === null) return null;
    const { database, tome, format, ...others } = given;
    const faults: string[] = [];
    if (database === undefined) faults.push('--database URL is missing.');
    if (tome === undefined) faults.push('--tome URL is missing.');
    for (const name of ['events', 'answers', 'log'] as const) {
      const file = others[name];
      if (file !== undefined && !existsSync(file)) faults.push(`--${name}: the file ${file} does not exist.`);
    }
    const read = readTomeProfile(others.profile);
    if ('faults' in read) faults.push(...read.faults.map((fault) => `--profile ${fault}.`));
    const referenceFormat = REFERENCE_RULES.find((name) => name === format);
    if (referenceFormat === undefined) faults.push(`--format must be one of ${REFERENCE_RULES.join(', ')}.`);
    if (database === undefined || tome === undefined || referenceFormat === undefined || 'faults' in read) {
      throw new InvalidArguments(faults);
    }
    if (faults.length > 0) throw new InvalidArguments(faults);
    return { ...others, database, tome, forms: { profile: read.profile, referenceFormat } };
  },
});

const read = async <Content>(base: string, path: string): Promise<Content> =>
  (await (await fetch(new URL(path, base))).json()) as Content;
const textOf = (file: string | undefined): string => (file === undefined ? '' : readFileSync(file, 'utf8'));
/** The last line of a file can be incomplete if the process that wrote it was killed. */
const linesOf = (file: string | undefined): readonly string[] => textOf(file).split('\n').slice(0, -1);

const { tome, api } = values;
const bindings = async (namespace: string) =>
  new Map(await read<[string, string][]>(tome, `/_control/bindings?namespace=${namespace}`));
const issued = async (namespace: string) =>
  (await read<{ token: string }[]>(tome, `/_control/issued?namespace=${namespace}`)).map(({ token }) => token);

/** An event in the words of its producer domain. It can have more fields, which I11 reads. */
interface WrittenEvent {
  readonly eventId: string;
  readonly cardReferenceId?: string;
  readonly accountReferenceId?: string;
}

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
    .map((line) => JSON.parse(line) as ClientAnswer),
  events: (api === undefined
    ? linesOf(values.events).map((line) => JSON.parse(line) as WrittenEvent)
    : await read<WrittenEvent[]>(api, '/_local/events')
  ).map((event) => ({ ...event, cardReferenceId: event.cardReferenceId ?? event.accountReferenceId ?? '' })),
  disclosures: [...output.matchAll(/card number disclosed.*?"cardReference":"(\d+)"/g)].map(([, reference]) => ({
    cardReference: reference ?? '',
  })),
  dispatches: [],
  claims: new Map(),
  keyUses: [],
  forms: [values.forms],
  restored: values.restored ? 'unfenced' : 'never',
  output,
};
await sql.end();
const violations = findViolations(evidence, values['at-rest']);
for (const { invariant, message } of violations) process.stdout.write(`${invariant}: ${message}\n`);
process.stdout.write(
  `${JSON.stringify({ pairs: evidence.pairs.length, cards: evidence.tome.ns1.size, violations: violations.length })}\n`,
);
process.exit(violations.length > 0 ? 1 : 0);
