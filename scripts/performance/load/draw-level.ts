import type { LevelSample } from './level-samples.ts';

const WIDTH = 72;
const HEIGHT = 10;
/** Bars in eighths of the height of a character. */
const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

const inSeconds = (second: number): string => `${second} s`;

/**
 * Draws the available pairs over time as text. Each column is the lowest level of its time span, so
 * a pool that was empty for a moment is visible; `·` on the bottom line marks a column in which it
 * was empty.
 */
export function drawLevel(samples: readonly LevelSample[], nameTime = inSeconds): string {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return 'no sample of the level';
  const columns = lowestByColumn(samples, first.second, last.second);
  const highest = Math.max(1, ...samples.map(({ available }) => available));
  const rows = Array.from({ length: HEIGHT }, (_, index) => {
    const below = HEIGHT - 1 - index;
    const label = index === 0 ? String(highest) : below === 0 ? '0' : '';
    const bars = columns.map((level) => {
      if (level === 0) return below === 0 ? '·' : ' ';
      const eighths = Math.round((level / highest) * HEIGHT * 8) - below * 8;
      // A level above 0 has at least one eighth.
      return BLOCKS[Math.min(8, Math.max(below === 0 ? 1 : 0, eighths))];
    });
    return `${label.padStart(7)} ┤${bars.join('')}`.trimEnd();
  });
  const end = nameTime(last.second);
  return [
    ...rows,
    `        └${'─'.repeat(WIDTH)}`,
    `${`         ${nameTime(first.second)}`.padEnd(81 - end.length)}${end}`,
  ].join('\n');
}

function lowestByColumn(samples: readonly LevelSample[], from: number, to: number): readonly number[] {
  const columns = new Array<number | null>(WIDTH).fill(null);
  for (const { second, available } of samples) {
    const column = to === from ? 0 : Math.min(WIDTH - 1, Math.floor(((second - from) / (to - from)) * WIDTH));
    columns[column] = Math.min(columns[column] ?? available, available);
  }
  // A column without a sample shows the level of the column before it.
  let seen = samples[0]?.available ?? 0;
  return columns.map((level) => {
    seen = level ?? seen;
    return seen;
  });
}
