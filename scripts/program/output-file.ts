import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Why `--out` cannot be written, checked before the measurement starts; `null` when it can. */
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
