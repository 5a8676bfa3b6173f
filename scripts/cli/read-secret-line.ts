import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/** One line from standard input; at a terminal it is asked for, and what is typed is not shown. */
export async function readSecretLine(question: string, { input, output }: Terminal): Promise<string> {
  const isAsked = input.isTTY === true;
  if (isAsked) output.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: isAsked, historySize: 0 });
  try {
    for await (const line of lines) return line.trim();
    return '';
  } finally {
    lines.close();
    if (isAsked) output.write('\n');
  }
}
