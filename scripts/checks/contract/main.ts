import { writeFileSync } from 'node:fs';
import { parseOptions } from '../../program/options.ts';
import { beginProgram } from '../../program/run-program.ts';
import { describeApi } from './api-document.ts';
import { API_FILE, CONTRACT_FILE, contractDocument } from './documents.ts';

const USAGE = `npm run contract

Writes TOME's contract (${CONTRACT_FILE}) and the API (${API_FILE}) from the schemas of the code.
`;

/** `npm run contract`. */
beginProgram({ usage: USAGE, parse: (args) => parseOptions(args, {}) });
for (const [file, document] of [
  [CONTRACT_FILE, contractDocument()],
  [API_FILE, describeApi()],
] as const) {
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
  process.stdout.write(`${file}\n`);
}
