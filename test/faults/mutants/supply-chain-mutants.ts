import { edit, type Mutant } from './mutant.ts';

const INSTALLED = ['test/unit/checks/supply-chain/installed-packages.test.ts'];

/** Ways to install what nobody has verified, and tests that depend on how fast the machine is. */
export const SUPPLY_CHAIN_MUTANTS: readonly Mutant[] = [
  {
    name: 'a Python package is pinned by its version alone',
    kind: 'supply chain',
    edits: [
      edit(
        'scripts/checks/lint-templates/requirements.txt',
        'cfn-lint==1.58.0 \\\n    --hash=sha256:',
        'cfn-lint==1.58.0\n#    --hash=sha256:',
      ),
    ],
    tests: INSTALLED,
  },
  {
    name: 'an npm package is locked without integrity',
    kind: 'supply chain',
    edits: [
      edit(
        'package-lock.json',
        '"node_modules/zod": {\n      "version": "4.6.7",\n      "integrity": "sha512-',
        '"node_modules/zod": {\n      "version": "4.6.7",\n      "funding": "sha512-',
      ),
    ],
    tests: INSTALLED,
  },
  {
    name: 'packages run their install scripts',
    kind: 'supply chain',
    edits: [edit('.npmrc', 'ignore-scripts=true', 'ignore-scripts=false')],
    tests: INSTALLED,
  },
  {
    name: 'an audit that could not ask the registry counts as clean',
    kind: 'supply chain',
    edits: [
      edit(
        'scripts/checks/supply-chain/audit-report.ts',
        "if (!parsed.success) return { outcome: 'not-checked', reason: reasonIn(output) };",
        "if (!parsed.success) return { outcome: 'checked', open: [], acknowledged: [] };",
      ),
    ],
    tests: ['test/unit/checks/supply-chain/audit-report.test.ts'],
  },
  {
    name: 'a licence with a forbidden part is allowed for its other part',
    kind: 'supply chain',
    edits: [edit('scripts/checks/supply-chain/licences.ts', "text.split(' AND ').every(", "text.split(' AND ').some(")],
    tests: ['test/unit/checks/supply-chain/licences.test.ts'],
  },
  {
    name: 'the attempt timeout that the probe recommends is ten times the median instead of the slowest answer',
    kind: 'tests on a busy machine',
    edits: [
      edit(
        'scripts/cli/probe/probe-tome.ts',
        'Math.ceil((slowest * TIMEOUT_FACTOR) / 100)',
        'Math.ceil((median * TIMEOUT_FACTOR) / 100)',
      ),
    ],
    tests: ['test/integration/probe/probe-tome.test.ts'],
  },
  {
    name: "the simulator's rate limit goes by the process's clock, so tests of it depend on speed",
    kind: 'tests on a busy machine',
    edits: [
      edit(
        'scripts/simulator/tome-service.ts',
        'this.#parts.time.monotonicMs(), switches',
        'performance.now(), switches',
      ),
    ],
    tests: ['test/integration/simulator/simulator.test.ts', 'test/integration/probe/probe-tome.test.ts'],
  },
  {
    name: 'a test says within how many milliseconds something must have happened',
    kind: 'tests on a busy machine',
    edits: [
      edit(
        'test/integration/probe/probe-tome.test.ts',
        '  expect(calls).toBe(11);',
        '  expect(performance.now()).toBeLessThan(60_000);\n  expect(calls).toBe(11);',
      ),
    ],
    tests: ['test/unit/project/speed-independence.test.ts'],
  },
];
