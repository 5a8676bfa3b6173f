import { isUtf8 } from 'node:buffer';
import * as z from 'zod/mini';
import { InvalidInput } from '../../tokenization/errors.ts';
import { findRepeatedField } from './repeated-field.ts';

export const MAX_BODY_BYTES = 2_048;

/** Returns the validated body. Throws InvalidInput, which names the field and not its value. */
export function parseBody<Schema extends z.core.$ZodType>(
  schema: Schema,
  event: { readonly body: string | null; readonly isBase64Encoded?: boolean },
): z.core.output<Schema> {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded === true ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) throw new InvalidInput('body', `must be at most ${MAX_BODY_BYTES} bytes`);
  if (!isUtf8(bytes)) throw new InvalidInput('body', 'must be UTF-8');
  const text = bytes.toString('utf8');
  const content = parseJson(text);
  const repeated = findRepeatedField(text);
  if (repeated !== null) throw new InvalidInput(`field ${printable(repeated)}`, 'must be given once');
  const parsed = z.safeParse(schema, content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw issue === undefined ? new InvalidInput('body', 'cannot be used') : faultOf(issue);
}

/** The parser's message quotes the text, so it is dropped. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidInput('body', 'must be JSON');
  }
}

function faultOf(issue: z.core.$ZodIssue): InvalidInput {
  if (issue.code === 'unrecognized_keys') return new InvalidInput(`field ${printable(issue.keys[0])}`, 'is not known');
  const field = issue.path.length === 0 ? 'body' : issue.path.map(String).join('.');
  if (issue.code === 'invalid_type') return new InvalidInput(field, `must be ${article(issue.expected)}`);
  return new InvalidInput(field, 'has the wrong form');
}

const article = (type: string): string => (type === 'object' ? 'an object' : `a ${type}`);

/** The name of an unknown field can be a card number, so only a plain name is repeated. */
const printable = (key: string | undefined): string =>
  key !== undefined && /^[A-Za-z_][A-Za-z_-]{0,39}$/.test(key) ? key : '(unprintable)';
