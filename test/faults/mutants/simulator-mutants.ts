import { edit, type Mutant } from './mutant.ts';

const ACCESS = ['test/integration/simulator/access.test.ts'];
const PROFILES = ['test/integration/simulator/profiles.test.ts'];
const HISTORY = ['test/integration/simulator/edge-and-history.test.ts'];

/** Bugs that make the simulator a TOME that its profile does not describe. */
export const SIMULATOR_MUTANTS: readonly Mutant[] = [
  {
    name: 'the simulator creates a token before it checks the credential',
    kind: 'behaviour of the local programs',
    edits: [
      edit(
        'scripts/simulator/tome-service.ts',
        "switches().authentication === 'off' ? null",
        "switches().authentication === 'off' || operation === 'tokenize' ? null",
      ),
    ],
    tests: ACCESS,
  },
  {
    name: 'the simulator accepts an access token that has expired',
    kind: 'behaviour of the local programs',
    edits: [
      edit(
        'scripts/simulator/access/access-tokens.ts',
        'return (this.#expiries.get(token) ?? nowMs) > nowMs;',
        'return this.#expiries.has(token) && nowMs > 0;',
      ),
    ],
    tests: ACCESS,
  },
  {
    name: 'the simulator accepts a signature of another body',
    kind: 'behaviour of the local programs',
    edits: [
      edit(
        'scripts/simulator/access/sigv4.ts',
        "return hmac(key, text).toString('hex') === signature;",
        "return hmac(key, text).toString('hex').length === signature.length;",
      ),
    ],
    tests: ACCESS,
  },
  {
    name: 'the simulator issues tokens that break the form of its profile',
    kind: 'behaviour of the local programs',
    edits: [
      edit(
        'scripts/simulator/token-format.ts',
        '    if (!keepsRules(token, form)) continue;\n    if (style',
        '    if (style',
      ),
    ],
    tests: PROFILES,
  },
  {
    name: 'the simulator continues the journal of another profile',
    kind: 'durability of the local stack',
    edits: [
      edit(
        'scripts/simulator/journal.ts',
        '    throw new JournalOfOtherProfile(this.#file.path, profile.name, present.name);\n',
        '    if (profile.name === this.#file.path) throw new JournalOfOtherProfile(this.#file.path, profile.name, present.name);\n',
      ),
    ],
    tests: PROFILES,
  },
  {
    name: 'a gateway in front of the simulator forwards the calls that it refuses',
    kind: 'behaviour of the local programs',
    edits: [
      edit(
        'scripts/simulator/tome-service.ts',
        '      sendGatewayPage(response, edgeAnswer);\n      return true;\n',
        '      sendGatewayPage(response, edgeAnswer);\n',
      ),
    ],
    tests: HISTORY,
  },
];
