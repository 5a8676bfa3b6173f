/** A link or an image of a markdown page. */
export interface Link {
  readonly line: number;
  /** The file, relative to the page; empty for a link within the page. */
  readonly path: string;
  /** The anchor without `#`, or `null`. */
  readonly anchor: string | null;
}

/** The anchors that other pages can link to, and the links of the page. */
export interface MarkdownPage {
  readonly anchors: ReadonlySet<string>;
  readonly links: readonly Link[];
}

export function parseMarkdown(text: string): MarkdownPage {
  const prose = withoutFences(text);
  return { anchors: new Set(anchorsOf(prose)), links: linksOf(prose) };
}

/** Lines of code blocks become empty, so that line numbers stay right. */
function withoutFences(text: string): string {
  let fence: string | null = null;
  return text
    .split('\n')
    .map((line) => {
      const marker = /^\s*(?<marker>`{3,}|~{3,})/.exec(line)?.groups?.['marker'];
      if (fence === null && marker !== undefined) fence = marker;
      else if (fence !== null) {
        if (marker?.startsWith(fence) === true && line.trim() === marker) fence = null;
      } else return line;
      return '';
    })
    .join('\n');
}

/** GitHub's anchors: one for each heading, numbered when it repeats, and those in HTML. */
function anchorsOf(prose: string): string[] {
  const seen = new Map<string, number>();
  const ofHeadings = [...prose.matchAll(/^ {0,3}#{1,6} +(?<title>.*?)(?: +#+)? *$/gm)].map(({ groups }) => {
    const slug = slugOf(groups?.['title'] ?? '');
    const repeats = seen.get(slug) ?? 0;
    seen.set(slug, repeats + 1);
    return repeats === 0 ? slug : `${slug}-${repeats}`;
  });
  const ofHtml = [...prose.matchAll(/<a +(?:id|name)="(?<name>[^"]+)"/g)].map(({ groups }) => groups?.['name'] ?? '');
  return [...ofHeadings, ...ofHtml];
}

/** The rule of https://github.com/Flet/github-slugger, over the text that a heading shows. */
export const slugOf = (title: string): string =>
  title
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/<[^>]+>/g, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');

const INLINE_LINK = /\]\(\s*<?(?<target>[^)\s>]*)>?(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/g;
const REFERENCE_DEFINITION = /^ {0,3}\[[^\]]+\]: *<?(?<target>[^\s>]+)>?/gm;
const HAS_SCHEME = /^([a-z][a-z0-9+.-]*:|\/\/)/i;

function linksOf(prose: string): Link[] {
  const text = prose.replaceAll(/(`+)[^`]+?\1/g, (code) => code.replaceAll(/[^\n]/g, ' '));
  return [...text.matchAll(INLINE_LINK), ...text.matchAll(REFERENCE_DEFINITION)].flatMap(({ index, groups }) => {
    const target = groups?.['target'] ?? '';
    if (HAS_SCHEME.test(target)) return [];
    const [path = '', anchor] = target.split('#', 2).map(decodeURIComponent);
    return [{ line: text.slice(0, index).split('\n').length, path, anchor: anchor ?? null }];
  });
}
