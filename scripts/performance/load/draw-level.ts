import type { LevelSample } from './level-samples.ts';

const WIDTH = 72;
const HEIGHT = 10;
/** Eighths of a character's height. */
const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

const inSeconds = (second: number): string => `${second} s`;

/**
 * Available pairs over time, as lines of text. Each column is the lowest level of its share of the time, so that a pool that was dry for
 * a moment shows it; `·` on the ground marks a column in which it was.
 */
export function drawLevel(samples: readonly LevelSample[], nameTime = inSeconds): string {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return 'no level was seen';
  const columns = lowestByColumn(samples, first.second, last.second);
  const highest = Math.max(1, ...samples.map(({ available }) => available));
  const rows = Array.from({ length: HEIGHT }, (_, index) => {
    const below = HEIGHT - 1 - index;
    const label = index === 0 ? String(highest) : below === 0 ? '0' : '';
    const bars = columns.map((level) => {
      if (level === 0) return below === 0 ? '·' : ' ';
      const eighths = Math.round((level / highest) * HEIGHT * 8) - below * 8;
      // Whatever is there at all is seen.
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
  // A column without a look shows what was seen before it.
  let seen = samples[0]?.available ?? 0;
  return columns.map((level) => {
    seen = level ?? seen;
    return seen;
  });
}
