import { edit, type Mutant } from './mutant.ts';

/** Bugs in the commands that look at a running TOME. */
export const CONFORMANCE_MUTANTS: readonly Mutant[] = [
  {
    name: 'the conformance suite calls production when one of the two options is given',
    kind: 'tests of a running TOME',
    edits: [
      edit(
        'scripts/cli/wire/target-guard.ts',
        'return isProduction && isConfirmed',
        'return isProduction || isConfirmed',
      ),
    ],
    tests: ['test/unit/cli/target-guard.test.ts'],
  },
  {
    name: 'the conformance suite takes each host for one of this machine if its name begins so',
    kind: 'tests of a running TOME',
    edits: [edit('scripts/cli/wire/target-guard.ts', '\\[::1\\])$/.test(host)', '\\[::1\\])/.test(host)')],
    tests: ['test/unit/cli/target-guard.test.ts'],
  },
  {
    name: 'the probe takes each host that is not production for a lower environment',
    kind: 'tests of a running TOME',
    edits: [
      edit(
        'scripts/cli/probe/probe-options.ts',
        "isLowerEnvironment: values['lower-environment'],",
        'isLowerEnvironment: !values.production,',
      ),
    ],
    tests: ['test/unit/cli/probe-options.test.ts'],
  },
  {
    name: 'the conformance suite knows production by a whole word only, without a number',
    kind: 'tests of a running TOME',
    edits: [edit('scripts/cli/wire/target-guard.ts', '/prod(?!uc)|prd|', '/^prod$|^prd$|')],
    tests: ['test/unit/cli/target-guard.test.ts'],
  },
  {
    name: 'the conformance suite forgets calls that gave no answer',
    kind: 'tests of a running TOME',
    edits: [edit('scripts/cli/conformance/run-suite.ts', '      failures.push(error);\n', '')],
    tests: ['test/integration/conformance/conformance.test.ts'],
  },
  {
    name: 'the conformance suite looks at the status of an answer only, and not at its token',
    kind: 'tests of a running TOME',
    edits: [
      edit('scripts/cli/conformance/checks/lookup-checks.ts', '!== wanted;', '=== undefined && wanted !== undefined;'),
    ],
    tests: ['test/integration/conformance/conformance.test.ts'],
  },
  {
    name: 'the conformance suite sends more calls than are allowed',
    kind: 'tests of a running TOME',
    edits: [
      edit(
        'scripts/cli/conformance/call-budget.ts',
        'if (this.#spent + calls > mostCalls) throw',
        'if (this.#spent > mostCalls * 2) throw',
      ),
    ],
    tests: ['test/integration/conformance/commands.test.ts'],
  },
  {
    name: 'the probe writes a profile without a list of the lines that it did not learn',
    kind: 'tests of a running TOME',
    edits: [
      edit(
        'scripts/cli/probe/written-profile.ts',
        'LEARNED_LINES.filter((line) => !(line in learned))',
        'LEARNED_LINES.filter(() => false)',
      ),
    ],
    tests: ['test/integration/probe/written-profile.test.ts'],
  },
];
