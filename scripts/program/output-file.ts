import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Why results could not be written to `--out`, asked before they are measured; `null` when they can. */
export function outputFileFault(file: string): string | null {
  const folder = dirname(file);
  if (!existsSync(folder)) return `--out: there is no folder ${folder}. Create it first.`;
  if (existsSync(file) && statSync(file).isDirectory()) return `--out: ${file} is a folder.`;
  try {
    accessSync(existsSync(file) ? file : folder, constants.W_OK);
    return null;
  } catch {
    return `--out: ${file} cannot be written.`;
  }
}
