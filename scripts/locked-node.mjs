// Runs a script with the Node that package-lock.json pins:
// node scripts/locked-node.mjs SCRIPT [ARGUMENT...]
//
// This file is JavaScript, because the Node of the machine may be too old to run TypeScript.
//
// npm 11 links node_modules/.bin/node, so `node` in an npm script is already the pinned one, and
// SCRIPT runs in this process. npm 10 removes that link together with the packages for other
// platforms. Then SCRIPT runs in a child process.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import Module from 'node:module';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const LEAST_MAJOR = 24;
const [script = '', ...parameters] = process.argv.slice(2);

if (Number.parseInt(process.versions.node, 10) >= LEAST_MAJOR) {
  process.argv = [process.execPath, resolve(script), ...parameters];
  Module.runMain();
} else {
  const node = pinnedNode();
  if (node === null) {
    process.stderr.write(
      `Node ${LEAST_MAJOR} or later is needed. npm ci has installed none for ${process.platform}-${process.arch}; install one.\n`,
    );
    process.exit(1);
  }
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(node, [script, ...parameters], { env, stdio: 'inherit' });
  // A terminal sends SIGINT to both processes. Other signals reach this process only, so it passes
  // them on.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0)));
}

/** The path of the pinned Node's binary, or `null` if npm has installed none for this platform. */
function pinnedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
  const file = platform === 'win' ? 'node.exe' : 'node';
  const candidates = [`node-${platform}-${process.arch}`, `node-bin-${platform}-${process.arch}`];
  return candidates.map((name) => join(modules, name, 'bin', file)).find((path) => existsSync(path)) ?? null;
}
