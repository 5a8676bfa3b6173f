import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Most columns of a line of prose or comment. Code may be longer: the formatter allows 120. */
const MOST_COLUMNS = 100;

/** Most bytes of README.md, so that a newcomer reads all of it. */
const MOST_README_BYTES = 8 * 1024;

/**
 * Words that name no actor. The sentence must say which function, job, caller or person it means.
 */
const NO_ACTOR = /\b(nobody|whoever|somebody|anybody|everybody)\b/i;

/** Generated files. */
const EXEMPT = [/^docs\/licences\.md$/, /^package-lock\.json$/];

/** The statements of migrations never change, and one has such a word in its error message. */
const MIGRATION = /^lambdas\/pool\/migrations\//;

const THIS_FILE = 'test/unit/project/written-lines.test.ts';

/** What begins a comment that has a line of its own, by the end of the file's name. */
const COMMENT_STARTS: readonly (readonly [name: RegExp, start: RegExp])[] = [
  [/\.(ts|mjs)$/, /^\s*(\/\/|\/\*|\*)/],
  [/\.sql$/, /^\s*--/],
  [/(\.sh|\.ya?ml|^\.ci\/run)$/, /^\s*#/],
];

const isWritten = (file: string): boolean =>
  (file.endsWith('.md') || COMMENT_STARTS.some(([name]) => name.test(file))) &&
  !EXEMPT.some((exempt) => exempt.test(file));

// Deleted files that are not committed yet are still listed.
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file !== '' && isWritten(file) && statSync(file, { throwIfNoEntry: false })?.isFile() === true);

const numberedLines = (text: string): readonly (readonly [line: string, number: number])[] =>
  text.split('\n').map((line, index) => [line, index + 1]);

/** The lines that hold prose: in Markdown all but tables and fenced code, elsewhere comments. */
function proseLines(file: string, text: string): readonly (readonly [line: string, number: number])[] {
  const numbered = numberedLines(text);
  const start = COMMENT_STARTS.find(([name]) => name.test(file))?.[1];
  if (start !== undefined) return numbered.filter(([line]) => start.test(line));
  let isCode = false;
  return numbered.filter(([line]) => {
    if (/^\s*```/.test(line)) isCode = !isCode;
    return !isCode && !line.startsWith('|');
  });
}

/** A URL cannot be wrapped. */
const columnsOf = (line: string): number => line.replaceAll(/https?:\/\/\S+/g, '').length;

const offendersIn = (isBad: (file: string, text: string) => readonly number[]): readonly string[] =>
  files.flatMap((file) => isBad(file, readFileSync(file, 'utf8')).map((line) => `${file}:${line}`));

test(`no line of prose or comment has more than ${MOST_COLUMNS} columns`, () => {
  const tooLong = offendersIn((file, text) =>
    proseLines(file, text).flatMap(([line, number]) => (columnsOf(line) > MOST_COLUMNS ? [number] : [])),
  );
  expect(tooLong).toEqual([]);
});

test('no line says nobody, whoever, somebody, anybody or everybody in place of an actor', () => {
  const actorless = offendersIn((file, text) =>
    file === THIS_FILE
      ? []
      : (MIGRATION.test(file) ? proseLines(file, text) : numberedLines(text)).flatMap(([line, number]) =>
          NO_ACTOR.test(line) ? [number] : [],
        ),
  );
  expect(actorless).toEqual([]);
});

test('the README is short enough to be read as a whole', () => {
  expect(statSync('README.md').size).toBeLessThanOrEqual(MOST_README_BYTES);
});
