import { globSync, readFileSync } from 'node:fs';
import { cruise, type ICruiseResult } from 'dependency-cruiser';

/**
 * Checks the rules of `.dependency-cruiser.json` in a tree with the folders of this project.
 * Returns a sentence for each violation.
 */
export async function importViolations(root: string): Promise<readonly string[]> {
  const { forbidden, options } = JSON.parse(readFileSync('.dependency-cruiser.json', 'utf8'));
  const folders = ['bin', 'lib', 'lambdas', 'scripts', 'test'];
  const files = globSync(`{${folders.join(',')}}/**/*.ts`, { cwd: root, exclude: (name) => name === 'fixtures' });
  const present = folders.filter((folder) => files.some((file) => file.startsWith(`${folder}/`)));
  const { output } = await cruise(present, { ...options, baseDir: root, ruleSet: { forbidden }, validate: true });
  const { modules, summary } = output as ICruiseResult;
  const seen = new Set(modules.map(({ source }) => source));
  const unseen = files.filter((file) => !seen.has(file));
  // With TypeScript 7 and the wrong parser the cruise sees no module, and would report no
  // violation.
  if (files.length === 0 || unseen.length > 0 || summary.totalDependenciesCruised === 0) {
    return [
      `The cruise saw ${files.length - unseen.length} of ${files.length} modules: ${unseen.slice(0, 5).join(', ')}`,
    ];
  }
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from}${to === from ? '' : ` -> ${to}`}`);
}

if (import.meta.main) {
  const violations = await importViolations(process.cwd());
  for (const violation of violations) process.stderr.write(`${violation}\n`);
  if (violations.length > 0) process.exit(1);
  process.stdout.write('No import violates a rule.\n');
}
