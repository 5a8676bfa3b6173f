import { type Check, failed, notTried, passed } from '../check.ts';

/** Card numbers, internal tokens and references. */
export const identityCheck: Check = {
  id: 'never-the-same',
  sentence: 'No text is a card number, an internal token and a reference at once, or two of them.',
  line: 'toldApart',
  remedy: 'The namespaces must never issue the same text, or a card number: ask the owners of TOME.',
  needs: [],
  calls: 0,
  run: async ({ stock, cards }) => {
    const tokens = stock.ns1.issued;
    const references = stock.ns2.issued;
    if (tokens.size + references.size === 0) return notTried('there are no tokens');
    const shared = (one: ReadonlySet<string>, other: ReadonlySet<string>): number =>
      [...one].filter((text) => other.has(text)).length;
    const same = shared(tokens, references) + shared(tokens, cards) + shared(references, cards);
    const seen = `${tokens.size} internal tokens, ${references.size} references and ${cards.size} card numbers`;
    return same === 0 ? passed(seen) : failed(`${same} texts are two of them, among ${seen}`);
  },
};
