import * as z from 'zod/mini';
import { NotJson } from './http-body.ts';

/** Why a fault or a switch was refused, without repeating a value. */
export function explainRefusal(error: unknown): string {
  if (error instanceof z.core.$ZodError) {
    return error.issues
      .map(({ path, message, code }) => `${path.map(String).join('.') || 'body'}: ${code} ${message}`)
      .join('; ');
  }
  return error instanceof NotJson || error instanceof RangeError ? error.message : 'The request cannot be used.';
}
