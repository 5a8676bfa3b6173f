import { namePrefix } from '../../../../lib/environments/stack-identity.ts';
import type { ApiAnswer } from '../../../performance/load/sender.ts';
import { CannotTry } from '../../conformance/cannot-try.ts';
import { failed, notTried, passed, type Verdict } from '../../conformance/check.ts';
import type { Check } from '../check.ts';
import type { DomainContext } from '../domain-context.ts';

/** New references of a run: enough that a single retry does not look like two calls for each. */
const CREATIONS = 5;

/** Attempts to find a made-up number that the deployment does not know yet. */
const MOST_ATTEMPTS = 20;

export const apiChecks: readonly Check[] = [
  {
    id: 'pool.filled',
    sentence: 'The first prefetch is done: the pool has available pairs.',
    remedy: 'Start a prefetch and read its result (docs/deployment.md#deploy-an-environment).',
    needs: ['stacks.outputs'],
    creates: false,
    async run(context) {
      const answer = await context.api().send({ method: 'GET', path: '/v1/pool' });
      const { available } = answer.body;
      if (answer.error !== null || typeof available !== 'number') return refusal(context, answer);
      return available > 0 ? passed(`${available} available`) : failed('0 available');
    },
  },
  {
    id: 'api.create',
    sentence: 'A signed request creates a reference.',
    remedy: 'Find the request in the logs by the correlation id (docs/runbook.md).',
    needs: ['stacks.outputs'],
    creates: true,
    run: create,
  },
  {
    id: 'api.replay',
    sentence: 'A creation that is repeated with its Idempotency-Key has the same answer.',
    remedy: 'Callers must not repeat requests until this is repaired: compare the version with the CHANGELOG.',
    needs: ['api.create'],
    creates: true,
    async run(context) {
      const first = firstCreated(context);
      const answer = await requestCreation(context, first.source, first.key);
      if (answer.status !== 201) return refusal(context, answer);
      context.answered.replay += 1;
      return referenceIn(context, answer) === first.reference
        ? passed()
        : failed('the repeated request has another reference');
    },
  },
  {
    id: 'api.lookup',
    sentence: 'Lookup finds the reference of a number that has one.',
    remedy: 'Find the request in the logs by the correlation id (docs/runbook.md).',
    needs: ['api.create'],
    creates: true,
    async run(context) {
      const { vocabulary, answered } = context;
      const first = firstCreated(context);
      const body = { [vocabulary.fields.source.name]: first.source };
      const answer = await post(context, `/v1/${vocabulary.items}/lookup`, body);
      if (answer.status !== 200) return refusal(context, answer);
      answered.lookup += 1;
      return referenceIn(context, answer) === first.reference ? passed() : failed('lookup returns another reference');
    },
  },
  {
    id: 'api.detokenize',
    sentence: 'Detokenize returns the number of a reference to a role that may see it.',
    remedy: 'Find the request in the logs by the correlation id (docs/runbook.md).',
    needs: ['api.create'],
    creates: true,
    async run(context) {
      const { vocabulary, answered } = context;
      const first = firstCreated(context);
      const body = { [vocabulary.fields.reference.name]: first.reference };
      const answer = await post(context, '/v1/references/detokenize', body);
      if (answer.status === 403) {
        return notTried('this role may not detokenize: a consumer of the domain must name it in detokenizeRoles');
      }
      if (answer.status !== 200) return refusal(context, answer);
      answered.detokenize += 1;
      const isSame = answer.body[vocabulary.fields.source.name] === first.source;
      return isSame ? passed() : failed('detokenize returns another number');
    },
  },
];

/** What the check `api.create` created first. */
function firstCreated({ created: [first] }: DomainContext): DomainContext['created'][number] {
  if (first === undefined) throw new CannotTry('nothing was created');
  return first;
}

async function create(context: DomainContext): Promise<Verdict> {
  const { created, correlationId } = context;
  for (let attempt = 0; attempt < MOST_ATTEMPTS && created.length < CREATIONS; attempt += 1) {
    const source = context.freshSource();
    const key = `${correlationId}-${attempt}`;
    const answer = await requestCreation(context, source, key);
    // An earlier run has used this number.
    if (answer.status === 200) continue;
    const reference = referenceIn(context, answer);
    if (answer.status !== 201 || reference === null) return refusal(context, answer);
    created.push({ source, key, reference });
    context.answered.create += 1;
  }
  if (created.length < CREATIONS) return failed('the made-up numbers are known already: give another --serial');
  const references = new Set(created.map(({ reference }) => reference));
  if (references.size < created.length) return failed('two numbers have the same reference');
  return passed(`${created.length} created; correlation id ${correlationId}`);
}

const requestCreation = (context: DomainContext, source: string, key: string): Promise<ApiAnswer> => {
  const { items, fields } = context.vocabulary;
  return post(context, `/v1/${items}`, { [fields.source.name]: source }, { 'idempotency-key': key });
};

const post = (
  { api, correlationId }: DomainContext,
  path: string,
  body: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiAnswer> =>
  api().send({ method: 'POST', path, body, headers: { 'x-correlation-id': correlationId, ...headers } });

function referenceIn({ vocabulary }: DomainContext, { body }: ApiAnswer): string | null {
  const reference = body[vocabulary.fields.reference.name];
  return typeof reference === 'string' && reference !== '' ? reference : null;
}

/** Says what the API answered. Its codes and its correlation ids contain no number. */
function refusal({ environment, domain }: DomainContext, { status, error, body }: ApiAnswer): Verdict {
  const code = error ?? 'an answer without the expected fields';
  const id = typeof body['correlationId'] === 'string' ? `; correlation id ${body['correlationId']}` : '';
  if (status === 403) {
    return failed(`403 ${code}: the role needs the policy ${namePrefix(environment, domain)}-use${id}`);
  }
  return failed(`${status === 0 ? '' : `${status} `}${code}${id}`);
}
