import { CannotTry } from '../conformance/cannot-try.ts';

/** AWS cannot be reached, or does not accept the credentials. No check can be tried. */
export class CannotAskAws extends Error {
  override readonly name = 'CannotAskAws';
}

/** The resource that was asked for does not exist. */
export class NotThere extends Error {
  override readonly name = 'NotThere';
}

/**
 * Codes of the services for an identity that they do not know. Some services add `Exception` to
 * these names.
 */
const CREDENTIAL_ERRORS: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSignature',
  'MissingAuthenticationToken',
  'SignatureDoesNotMatch',
  'UnrecognizedClient',
]);

/** Codes for an identity that may not use the action. */
const DENIALS: ReadonlySet<string> = new Set(['AccessDenied', 'AuthorizationError']);

const ABSENCES: ReadonlySet<string> = new Set(['NotFound', 'QueueDoesNotExist', 'ResourceNotFound']);

/**
 * Runs one request to AWS. Rejects with NotThere; with CannotTry when the caller may not use the
 * action or the service fails; and with CannotAskAws. Messages of AWS are not repeated, because
 * they can quote the request.
 */
export async function asked<Answer>(action: string, request: () => Promise<Answer>): Promise<Answer> {
  try {
    return await request();
  } catch (error) {
    const name = error instanceof Error ? error.name.replace(/Exception$/, '') : 'unknown';
    const isAnswer = error instanceof Error && '$metadata' in error && statusOf(error.$metadata) !== null;
    if (CREDENTIAL_ERRORS.has(name)) {
      throw new CannotAskAws(`AWS does not accept the credentials (${name}). Sign in, as for the AWS CLI.`);
    }
    if (!isAnswer) throw new CannotAskAws(`AWS did not answer ${action} (${codeOf(error) ?? name}).`);
    if (DENIALS.has(name)) throw new CannotTry(`the caller may not use ${action}`);
    if (ABSENCES.has(name) || isMissingStack(error)) throw new NotThere(`${action} finds nothing`);
    throw new CannotTry(`AWS answered ${action} with ${name}`);
  }
}

const statusOf = (metadata: unknown): number | null =>
  typeof metadata === 'object' &&
  metadata !== null &&
  'httpStatusCode' in metadata &&
  typeof metadata.httpStatusCode === 'number'
    ? metadata.httpStatusCode
    : null;

const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error ? String(error.code) : null;

/** CloudFormation has no code of its own for a stack that does not exist. */
const isMissingStack = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist');
