import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { acknowledgedAdvisories, readAudit } from './audit-report.ts';
import { inventory, LICENCES_FILE, licencesDocument, refusedRows } from './inventory.ts';
import { billOfMaterials } from './sbom.ts';

const USAGE = `node scripts/checks/supply-chain/main.ts audit [--require] | licences | sbom [FILE]

  audit      asks the npm registry for known vulnerabilities; exits with 1 if one is not acknowledged.
             If the registry does not answer, prints "not checked" and exits with 0, or with 1 if
             --require is given.
  licences   writes ${LICENCES_FILE}; exits with 1 if a licence is unknown or not allowed
  sbom       prints a CycloneDX bill of materials, or writes it to FILE; needs no network
`;

const print = (line: string): boolean => process.stdout.write(`${line}\n`);

function audit(isRequired: boolean): number {
  const { stdout, error } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8', maxBuffer: 100_000_000 });
  const output = error === undefined ? stdout : JSON.stringify({ message: error.message });
  const result = readAudit(output, acknowledgedAdvisories(), new Date().toISOString().slice(0, 10));
  if (result.outcome === 'not-checked') {
    print(`npm packages: NOT CHECKED for known vulnerabilities. npm audit said: ${result.reason}`);
    return isRequired ? 1 : 0;
  }
  for (const advisory of result.acknowledged) print(`acknowledged: ${advisory.id} ${advisory.package}`);
  for (const { severity, id, package: name, title } of result.open) print(`${severity}: ${id} ${name}: ${title}`);
  print(`npm packages: checked, ${result.open.length} open and ${result.acknowledged.length} acknowledged advisories.`);
  return result.open.length === 0 ? 0 : 1;
}

function licences(): number {
  const rows = inventory();
  writeFileSync(LICENCES_FILE, licencesDocument(rows));
  const refused = refusedRows(rows);
  for (const { name, version, licence } of refused)
    print(`not allowed: ${name} ${version}: ${licence ?? 'no licence'}`);
  print(`${rows.length} packages in ${LICENCES_FILE}.`);
  return refused.length === 0 ? 0 : 1;
}

function sbom(file: string | undefined): number {
  const text = `${JSON.stringify(billOfMaterials(), null, 2)}\n`;
  if (file === undefined) process.stdout.write(text);
  else writeFileSync(file, text);
  return 0;
}

function main([command, argument]: readonly string[]): number {
  switch (command) {
    case 'audit':
      return audit(argument === '--require');
    case 'licences':
      return licences();
    case 'sbom':
      return sbom(argument);
    default:
      process.stdout.write(USAGE);
      return 2;
  }
}

process.exitCode = main(process.argv.slice(2));
