import { spawn } from 'node:child_process';

/** A program that has ended. `code` is -1 if a signal ended it. */
export interface EndedProgram {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface ProgramInput {
  /** Added to the variables of this process. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The standard input. */
  readonly text?: string;
}

/** Runs a script with the Node of this process until it ends. */
export async function runProgram(
  script: string,
  args: readonly string[],
  { variables = {}, text = '' }: ProgramInput = {},
): Promise<EndedProgram> {
  const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, ...variables } });
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    output.out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    output.err += String(chunk);
  });
  child.stdin.end(text);
  const code = await new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? -1)));
  return { code, ...output };
}
