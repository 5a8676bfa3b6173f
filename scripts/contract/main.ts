import { writeFileSync } from 'node:fs';
import { API_FILE, apiDocument, CONTRACT_FILE, contractDocument } from './documents.ts';

/** `npm run contract`: publishes TOME's contract and the API from the schemas that the code validates with. */
for (const [file, document] of [
  [CONTRACT_FILE, contractDocument()],
  [API_FILE, apiDocument()],
] as const) {
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
  process.stdout.write(`${file}\n`);
}
