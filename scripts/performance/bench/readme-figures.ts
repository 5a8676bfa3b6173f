import { GOALS, type RatioName, verdict } from './report.ts';

/** What of `bench-results.json` is shown. */
export interface BenchResults {
  readonly machine: string;
  readonly versions: { readonly node: string; readonly postgres: string };
  readonly date: string;
  readonly mode: string;
  readonly ratios: Readonly<Partial<Record<RatioName, number>>>;
}

const BEGIN = '<!-- figures of npm run bench, written by npm run bench:readme -->';
const END = '<!-- end of the figures -->';

/** The readme with the figures of these results between its markers. Throws when it has no markers. */
export function withFigures(readme: string, results: BenchResults): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error('README.md has no place for the figures.');
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${figures(results)}\n\n${readme.slice(end)}`;
}

function figures({ machine, versions, date, mode, ratios }: BenchResults): string {
  const rows = (Object.keys(GOALS) as RatioName[]).flatMap((name) => {
    const value = ratios[name];
    return value === undefined ? [] : [[`\`${name}\``, GOALS[name].means, String(value), verdict(name, value)]];
  });
  return [
    `${date}, ${machine}, Node ${versions.node}, PostgreSQL ${versions.postgres}, ${mode} run:`,
    '',
    ...aligned([['name', 'what', 'figure', 'goal'], ...rows]),
  ].join('\n');
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)];
}
