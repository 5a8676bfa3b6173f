import { readFileSync, writeFileSync } from 'node:fs';
import { VOCABULARIES } from '../../../lambdas/vocabulary.ts';
import { parseOptions } from '../../program/options.ts';
import { beginProgram } from '../../program/run-program.ts';
import { describeApi } from './api-document.ts';
import { CONTRACT_FILE, contractDocument } from './documents.ts';
import { PAGE_TABLES, withTable } from './page-tables.ts';

const API_FILES = Object.values(VOCABULARIES).map(({ apiFile }) => apiFile);

const USAGE = `npm run contract

Writes TOME's contract (${CONTRACT_FILE}) and the API in each vocabulary
(${API_FILES.join(', ')}) from the schemas of the code, and the tables of functions in
${[...new Set(PAGE_TABLES.map(({ file }) => file))].join(', ')}.
`;

/** `npm run contract`. */
beginProgram({ usage: USAGE, parse: (args) => parseOptions(args, {}) });
const write = (file: string, text: string): void => {
  writeFileSync(file, text);
  process.stdout.write(`${file}\n`);
};
write(CONTRACT_FILE, `${JSON.stringify(contractDocument(), null, 2)}\n`);
for (const vocabulary of Object.values(VOCABULARIES)) {
  write(vocabulary.apiFile, `${JSON.stringify(describeApi(vocabulary), null, 2)}\n`);
}
for (const table of PAGE_TABLES) write(table.file, withTable(readFileSync(table.file, 'utf8'), table));
