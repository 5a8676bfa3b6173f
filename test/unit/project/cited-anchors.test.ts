import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { type MarkdownPage, parseMarkdown, slugOf } from './markdown-page.ts';
import { oldCodesIn } from './old-codes.ts';

const THIS_FOLDER = 'test/unit/project/';

const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file !== '' && statSync(file, { throwIfNoEntry: false })?.isFile() === true);
const pageNames = files.filter((file) => file.endsWith('.md'));
const pages = new Map(pageNames.map((file) => [file, parseMarkdown(readFileSync(file, 'utf8'))]));
/** Files whose text may cite a page. This folder's own examples cite pages that do not exist. */
const citing = files.filter(
  (file) => /\.(ts|mjs|sql|md|json|ya?ml|sh|snap)$/.test(file) && !file.startsWith(THIS_FOLDER),
);
const current = citing.filter((file) => file !== 'package-lock.json');

const hasAnchor = (page: MarkdownPage | undefined, anchor: string): boolean => page?.anchors.has(anchor) === true;

/** What is wrong with a reference to a file or to an anchor of a page, or `null`. */
function faultOf(path: string, anchor: string | null): string | null {
  if (!existsSync(path)) return `there is no ${path}`;
  if (anchor === null || !path.endsWith('.md')) return null;
  return hasAnchor(pages.get(path), anchor) ? null : `${path} has no heading for #${anchor}`;
}

test('every relative link and anchor in a markdown page resolves', () => {
  const links = [...pages].flatMap(([file, page]) => page.links.map((link) => ({ file, ...link })));
  expect(links.length).toBeGreaterThan(20);
  const broken = links.flatMap(({ file, line, path, anchor }) => {
    const target = path === '' ? file : normalize(join(dirname(file), path));
    const fault = faultOf(target, anchor);
    return fault === null ? [] : [`${file}:${line}: ${fault}`];
  });
  expect(broken).toEqual([]);
});

/** `file:line: fault` for each match of `pattern` in the files for which `judge` finds a fault. */
const faultsIn = (
  names: readonly string[],
  pattern: RegExp,
  judge: (groups: Readonly<Record<string, string | undefined>>) => string | null,
): readonly string[] =>
  names.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return [...text.matchAll(pattern)].flatMap(({ index, groups = {} }) => {
      const fault = judge(groups);
      return fault === null ? [] : [`${file}:${text.slice(0, index).split('\n').length}: ${fault}`];
    });
  });

test('every page of docs that a file cites exists, with the cited heading', () => {
  const citation = /(?<![\w/.-])(?<page>docs\/[\w/-]+\.md)(?:#(?<anchor>[\w-]+))?/g;
  expect(faultsIn(citing, citation, ({ page = '', anchor = null }) => faultOf(page, anchor))).toEqual([]);
});

test('every source file that a page or a comment names by its path exists', () => {
  const path = /(?<![\w/.-])(?<path>(?:bin|lib|lambdas|scripts|test)\/[\w/.-]+\.(?:ts|sql|mjs|json|md))\b/g;
  const isPlaceholder = (name: string): boolean => /NNN|[._-]name\.sql$/.test(name);
  expect(faultsIn(current, path, ({ path: name = '' }) => (isPlaceholder(name) ? null : faultOf(name, null)))).toEqual(
    [],
  );
});

test.each([
  ['How a pair is reserved', 'how-a-pair-is-reserved'],
  ['`reserve_for_key`: which *locks*, and why', 'reserve_for_key-which-locks-and-why'],
  ["TOME's 250 calls a second", 'tomes-250-calls-a-second'],
  ['See [the page](other.md#part)', 'see-the-page'],
  ['A -> B', 'a---b'],
])('the heading %j has the anchor that GitHub gives it', (title, anchor) => {
  expect(slugOf(title)).toBe(anchor);
});

test('a repeated heading gets a numbered anchor, and a heading in a code block gets none', () => {
  const page = parseMarkdown('# One\n## One\n```sh\n# Not a heading\n```\n### Two ##\n<a id="three"></a>\n');
  expect([...page.anchors]).toEqual(['one', 'one-1', 'two', 'three']);
});

test('links are found over line ends and in tables, and not in code or with a scheme', () => {
  const text =
    '[a\nb](x.md#y) | ![i](pic.png "title") | `[no](code.md)` [web](https://a.example/b.md)\n[ref]: <other.md>\n[up](#here)\n';
  expect(parseMarkdown(text).links).toEqual([
    { line: 2, path: 'x.md', anchor: 'y' },
    { line: 2, path: 'pic.png', anchor: null },
    { line: 4, path: '', anchor: 'here' },
    { line: 3, path: 'other.md', anchor: null },
  ]);
});

test('old codes are found in each form, and words that look like them are not', () => {
  // Built from parts, so that a text search for such codes does not find this file.
  const old = `brief ${2}, rule ${7}; Rule ${9}; (A1, P1-P3) M4 and brief ${6}'s table; the issue; the users' SQL (A7).`;
  expect(oldCodesIn(old)).toEqual([
    `brief ${2}`,
    `rule ${7}`,
    `Rule ${9}`,
    `brief ${6}`,
    'the issue',
    "users' SQL",
    'A1',
    'P1-P3',
    'M4',
    'A7',
  ]);
  expect(oldCodesIn('I1-I16, NS1, p95, rules, a brief note, gp3.M5, A10, sha-A1, #a1')).toEqual([]);
});

test('no file cites a code that a reader cannot open', () => {
  expect(current.filter((file) => oldCodesIn(readFileSync(file, 'utf8')).length > 0)).toEqual([]);
});
