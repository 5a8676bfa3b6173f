import { edit, type Mutant } from './mutant.ts';

/** Bugs in the checks of a profile of TOME. */
export const PROFILE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a client certificate is not shown to TOME at an http address, and the function starts',
    kind: 'authentication at TOME',
    edits: [
      edit(
        'lambdas/tome/profile/namespace-addresses.ts',
        'clientCertificate && isUsed && isPlain(tomeUrl)',
        'clientCertificate && isUsed && isPlain(undefined)',
      ),
    ],
    tests: ['test/unit/tome/profile/namespace-addresses.test.ts'],
  },
  {
    name: 'both namespaces have one address because it is written in two ways',
    kind: 'answers with the reference of another card',
    edits: [
      edit(
        'lambdas/tome/profile/namespace-addresses.ts',
        'normalized(first) === normalized(second)',
        'first === second',
      ),
    ],
    tests: ['test/unit/tome/profile/namespace-addresses.test.ts', 'test/unit/tome/profile/read-profile.test.ts'],
  },
  {
    name: 'the credential for TOME replaces a header that HTTP needs',
    kind: 'authentication at TOME',
    edits: [
      edit(
        'lambdas/tome/profile/profile-faults.ts',
        'isReserved: RESERVED.test(authentication.header)',
        'isReserved: false',
      ),
    ],
    tests: ['test/unit/tome/profile/read-profile.test.ts'],
  },
  {
    name: 'a fault of a profile is named with the words of the library for schemas',
    kind: 'settings of an environment',
    edits: [
      edit(
        'lambdas/tome/profile/read-profile.ts',
        'tomeProfileSchema, written, { error: sentenceOfKind }',
        'tomeProfileSchema, written',
      ),
    ],
    tests: ['test/unit/tome/profile/profile-mutations.test.ts'],
  },
];
