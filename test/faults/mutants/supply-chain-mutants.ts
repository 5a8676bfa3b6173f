import { edit, type Mutant } from './mutant.ts';

const INSTALLED = ['test/unit/checks/supply-chain/installed-packages.test.ts'];

/** Bugs that install unverified packages, and tests that depend on the speed of the machine. */
export const SUPPLY_CHAIN_MUTANTS: readonly Mutant[] = [
  {
    name: 'a Python package is pinned by its version, without a hash',
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
    name: 'an npm package is locked without an integrity hash',
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
    name: 'npm runs the install scripts of packages',
    kind: 'supply chain',
    edits: [edit('.npmrc', 'ignore-scripts=true', 'ignore-scripts=false')],
    tests: INSTALLED,
  },
  {
    name: 'an audit that could not reach the registry counts as clean',
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
    name: 'a licence with a forbidden part is allowed because of its other part',
    kind: 'supply chain',
    edits: [edit('scripts/checks/supply-chain/licences.ts', "text.split(' AND ').every(", "text.split(' AND ').some(")],
    tests: ['test/unit/checks/supply-chain/licences.test.ts'],
  },
  {
    name: 'the probe computes the attempt timeout from the median answer and not from the slowest one',
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
    name: 'the rate limit of the simulator uses the clock of the process, so its tests depend on speed',
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
    name: 'a test limits the milliseconds that have passed',
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
