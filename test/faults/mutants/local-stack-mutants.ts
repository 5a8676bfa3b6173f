import { edit, type Mutant } from './mutant.ts';

const MALFORMED = 'test/integration/malformed-requests.test.ts';
const FILES = 'test/integration/simulator/files-that-fail.test.ts';
const COMMANDS = 'test/integration/command-line.test.ts';

/** Bugs in how local programs answer, and in what survives a kill or a full disk. */
export const LOCAL_STACK_MUTANTS: readonly Mutant[] = [
  {
    name: 'a request target that is not a URL is passed to the URL parser',
    kind: 'behaviour of the local programs',
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
    name: 'a malformed request is answered before the earlier requests of its connection',
    kind: 'behaviour of the local programs',
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
    name: 'a load test without a single answer succeeds',
    kind: 'behaviour of the local programs',
    edits: [edit('scripts/performance/load/main.ts', 'if (failed > options.maxErrors) {', 'if (failed > 1) {')],
    tests: [COMMANDS],
  },
  {
    name: 'a misspelt setting is ignored',
    kind: 'behaviour of the local programs',
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
    name: 'the simulator binds in memory before it writes the journal',
    kind: 'durability of the local stack',
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
    name: 'half of a line remains in a file when the disk is full',
    kind: 'durability of the local stack',
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
    name: 'the local queue accepts an event before the event is in its journal',
    kind: 'durability of the local stack',
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
    name: 'the rate limit of the simulator uses the wall clock',
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
