import { writeFileSync } from 'node:fs';
import { parseOptions } from '../../program/options.ts';
import { beginProgram } from '../../program/run-program.ts';
import { API_FILE, apiDocument, CONTRACT_FILE, contractDocument } from './documents.ts';

const USAGE = `npm run contract

Writes TOME's contract (${CONTRACT_FILE}) and the API (${API_FILE}) from the schemas that the code validates with.
`;

/** `npm run contract`. */
beginProgram({ usage: USAGE, parse: (args) => parseOptions(args, {}) });
for (const [file, document] of [
  [CONTRACT_FILE, contractDocument()],
  [API_FILE, apiDocument()],
] as const) {
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
  process.stdout.write(`${file}\n`);
}
