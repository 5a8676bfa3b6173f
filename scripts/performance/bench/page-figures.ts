import { GOALS, type RatioName, verdict } from './report.ts';

/** The page that shows the figures. */
export const FIGURES_PAGE = 'docs/performance.md';

/** The part of `bench-results.json` that the page shows. */
export interface BenchResults {
  readonly machine: string;
  readonly versions: { readonly node: string; readonly postgres: string };
  readonly date: string;
  readonly mode: string;
  readonly ratios: Readonly<Partial<Record<RatioName, number>>>;
}

const BEGIN = '<!-- figures of npm run bench, written by npm run bench:page -->';
const END = '<!-- end of the figures -->';

/** Returns the page with these figures between its markers. Throws if a marker is missing. */
export function withFigures(page: string, results: BenchResults): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) {
    throw new Error(`${FIGURES_PAGE} needs the two marker comments between which the figures are written.`);
  }
  return `${page.slice(0, begin + BEGIN.length)}\n\n${figures(results)}\n\n${page.slice(end)}`;
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
