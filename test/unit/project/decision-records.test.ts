import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const FOLDER = 'docs/decisions';

const records = readdirSync(FOLDER)
  .filter((file) => file !== 'README.md')
  .sort()
  .map((file) => ({ file, text: readFileSync(`${FOLDER}/${file}`, 'utf8') }));

const headOf = (text: string) =>
  /^# (?<number>\d+)\. (?<title>.+)\n\nStatus: (?<status>accepted|superseded by \d+), (?<date>\d{4}-\d\d-\d\d)(; revised (?<revised>\d{4}-\d\d-\d\d)( \(.+\))?)?\n/.exec(
    text,
  )?.groups ?? {};

test('decision records are numbered without gaps, in the file name and in the title', () => {
  expect(records.map(({ file, text }) => [file.slice(0, 5), headOf(text)['number']])).toEqual(
    records.map((_, index) => [`${String(index + 1).padStart(4, '0')}-`, String(index + 1)]),
  );
});

test.each(records)('$file has a context, a decision, its consequences and what was rejected', ({ text }) => {
  expect([...text.matchAll(/^(Context|Decision|Consequences|Rejected): \S/gm)].map(([, part]) => part)).toEqual([
    'Context',
    'Decision',
    'Consequences',
    'Rejected',
  ]);
});

test('the index of decisions has one row for each record, with its title, status and date', () => {
  const rows = readFileSync(`${FOLDER}/README.md`, 'utf8')
    .split('\n')
    .filter((line) => /^\| \d/.test(line));
  expect(rows).toEqual(
    records.map(({ file, text }) => {
      const { number, title, status, date, revised } = headOf(text);
      return `| ${number} | [${title}](${file}) | ${status} | ${date}${revised === undefined ? '' : `, revised ${revised}`} |`;
    }),
  );
});
