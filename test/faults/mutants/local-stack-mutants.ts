import { edit, type Mutant } from './mutant.ts';

const MALFORMED = 'test/integration/malformed-requests.test.ts';
const FILES = 'test/integration/simulator/files-that-fail.test.ts';
const COMMANDS = 'test/integration/command-line.test.ts';

/** Bugs in the manners of the local programs, and in what they keep when they are killed or the disk is full. */
export const LOCAL_STACK_MUTANTS: readonly Mutant[] = [
  {
    name: 'a request target that is no URL is given to the URL parser',
    kind: "the local stack's manners",
    edits: [
      edit(
        'scripts/program/loopback/request-target.ts',
        '  if (!/^https?:\\/\\//i.test(target) || !URL.canParse(target)) return null;\n',
        '',
      ),
    ],
    tests: [MALFORMED],
  },
  {
    name: 'a malformed request is answered before the requests in front of it',
    kind: "the local stack's manners",
    edits: [
      edit(
        'scripts/program/loopback/connection-faults.ts',
        'void Promise.all(open.map(({ response }) => closed(response))).then(() => refuse(socket, answer));',
        'refuse(socket, answer);',
      ),
    ],
    tests: [MALFORMED],
  },
  {
    name: 'a load without one answer is a success',
    kind: "the local stack's manners",
    edits: [edit('scripts/performance/load/main.ts', 'if (failed > options.maxErrors) {', 'if (failed > 1) {')],
    tests: [COMMANDS],
  },
  {
    name: 'a misspelt setting is ignored',
    kind: "the local stack's manners",
    edits: [
      edit(
        'lambdas/runtime/unknown-settings.ts',
        'if (meant !== null) return [`${name} is not a setting. Did you mean ${meant}?`];',
        'if (meant !== null) return [];',
      ),
    ],
    tests: ['test/unit/runtime/unknown-settings.test.ts'],
  },
  {
    name: 'the simulator binds in its memory before its journal',
    kind: "the local stack's survival",
    edits: [
      edit(
        'scripts/simulator/vault.ts',
        '    this.#journal?.bound(this.namespace, source, token);\n    this.#remember(source, token);\n',
        '    this.#remember(source, token);\n    this.#journal?.bound(this.namespace, source, token);\n',
      ),
    ],
    tests: [FILES],
  },
  {
    name: 'half of a line stays in a file when the disk is full',
    kind: "the local stack's survival",
    edits: [
      edit(
        'scripts/simulator/line-file.ts',
        '      this.#takeBack();\n      throw new FileNotWritable(this.path, error);\n',
        '      throw new FileNotWritable(this.path, error);\n',
      ),
    ],
    tests: [FILES],
  },
  {
    name: 'the local queue accepts an event that is not in its journal',
    kind: "the local stack's survival",
    edits: [
      edit(
        'scripts/local/local-queue.ts',
        '    journal?.append(bodies.map((body) => JSON.stringify(body)));\n    events.push(...bodies);\n',
        '    events.push(...bodies);\n    journal?.append(bodies.map((body) => JSON.stringify(body)));\n',
      ),
    ],
    tests: [FILES],
  },
  {
    name: "the simulator's rate limit goes by the wall clock",
    kind: 'clocks',
    edits: [
      edit(
        'scripts/simulator/tome-service.ts',
        'this.#limit.refusalMs(namespace, operation, this.#parts.time.monotonicMs(), switches)',
        'this.#limit.refusalMs(namespace, operation, this.#parts.time.dateMs(), switches)',
      ),
    ],
    tests: [FILES],
  },
];
