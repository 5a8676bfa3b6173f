import { type ApiRoute, routesIn } from '../../lambdas/api/routes.ts';
import type { Vocabulary } from '../../lambdas/vocabulary.ts';
import { problemsOf } from '../../scripts/checks/contract/api-document.ts';
import type { FuzzAnswer, FuzzRequest } from './fuzz-request.ts';

/** The codes with which the server refuses a request that reaches no route. */
const SERVER_CODES: Readonly<Record<string, number>> = {
  'malformed-request': 400,
  'target-too-long': 400,
  'no-such-route': 404,
  'method-not-allowed': 405,
  'request-timeout': 408,
  'body-too-large': 413,
  'expectation-failed': 417,
  'headers-too-large': 431,
};

const PROBLEM_FIELDS = ['code', 'correlationId', 'detail', 'status', 'title', 'type'];

/**
 * Compares an answer with the published file of the vocabulary. Returns one sentence for each
 * difference.
 */
export function faultsOf(request: FuzzRequest, answer: FuzzAnswer | null, vocabulary: Vocabulary): readonly string[] {
  if (answer === null) return ['no answer'];
  const { status, headers } = answer;
  if (status < 300) return faultsOfSuccess(request, answer, vocabulary);
  const faults: string[] = [];
  if (status >= 500 && status !== 502 && status !== 503) faults.push(`status ${status}`);
  if (headers['content-type'] !== 'application/problem+json') faults.push(`${status} with another content type`);
  if ((headers['retry-after'] !== undefined) !== [409, 429, 503].includes(status))
    faults.push(`${status}: Retry-After is missing or not allowed`);
  if (headers['retry-after'] !== undefined && !/^[1-9]\d*$/.test(headers['retry-after']))
    faults.push('Retry-After is not a positive number');
  if (headers['x-correlation-id'] === undefined) faults.push('no correlation id');
  // An answer to HEAD has no body.
  return request.method === 'HEAD' ? faults : [...faults, ...faultsOfProblem(request, answer, vocabulary)];
}

function faultsOfProblem(
  request: FuzzRequest,
  { status, headers, text }: FuzzAnswer,
  vocabulary: Vocabulary,
): readonly string[] {
  const problem = parsed(text);
  if (problem === null) return [`${status} without a problem`];
  const faults: string[] = [];
  if (Object.keys(problem).sort().join() !== PROBLEM_FIELDS.join()) faults.push(`${status} with other fields`);
  if (problem['status'] !== status) faults.push(`${status} with another status in its body`);
  if (problem['correlationId'] !== headers['x-correlation-id']) faults.push('two correlation ids');
  const code = String(problem['code']);
  if (problem['type'] !== `urn:card-tokenization-pool:problem:${code}`) faults.push('type does not match the code');
  if (!isDocumented(request, status, code, vocabulary)) faults.push(`undocumented ${status} ${code}`);
  return faults;
}

function isDocumented(request: FuzzRequest, status: number, code: string, vocabulary: Vocabulary): boolean {
  if (SERVER_CODES[code] === status) return true;
  // Raw bytes can reach any route, so the documented errors of all routes are allowed.
  const routes = request.bytes === null ? [routeOf(request, vocabulary)] : routesIn(vocabulary);
  return routes.some(
    (route) =>
      route !== undefined &&
      problemsOf(route, vocabulary).some((problem) => problem.status === status && problem.code === code),
  );
}

function faultsOfSuccess(
  request: FuzzRequest,
  { status, headers, text }: FuzzAnswer,
  vocabulary: Vocabulary,
): readonly string[] {
  const route = routeOf(request, vocabulary);
  if (request.bytes !== null) return [];
  if (route === undefined) return [`${status} for a request that reaches no route`];
  const faults: string[] = [];
  if (!route.row.successes.some((success) => success === status)) faults.push(`undocumented ${status}`);
  if (headers['content-type'] !== 'application/json') faults.push(`${status} with another content type`);
  if (headers['retry-after'] !== undefined) faults.push(`${status} with Retry-After`);
  if (headers['cache-control'] !== 'no-store') faults.push(`${status} may be cached`);
  const body = parsed(text);
  if (body === null) return [...faults, `${status} without an object`];
  const kind = route.row.http.answer;
  if (kind === 'pool') return faults;
  const { name, pattern } = vocabulary.fields[kind];
  const isValid = Object.keys(body).join() === name && new RegExp(pattern).test(String(body[name]));
  return isValid ? faults : [...faults, `${status} with another body`];
}

/** The route that a request reaches: the one whose path equals the target's path. */
export const routeOf = (
  { method, target }: Pick<FuzzRequest, 'method' | 'target'>,
  vocabulary: Vocabulary,
): ApiRoute | undefined =>
  routesIn(vocabulary).find((route) => route.method === method && pathsOf(target).includes(route.path));

/** A target can also have a query or a fragment, and begin with the server's address. */
const pathsOf = (target: string): readonly string[] => {
  const path = target.replace(/[?#].*$/s, '');
  return [path, path.replace(/^https?:\/\/[^/]*/, '')];
};

/** The JSON object in a text, or `null`. */
export function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
