import { TokenizationError } from '../../../lambdas/tokenization/errors.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import { Crashed } from './fault-modes.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import type { World } from './world.ts';

/** What a client sees of a create, lookup or detokenize, written down for the checker. A crash is a connection that closes. */
export async function createAs(
  process: ProcessUnderTest,
  world: World,
  card: string,
  idempotencyKey?: string,
): Promise<void> {
  const key = idempotencyKey === undefined ? {} : { idempotencyKey: `${process.caller} ${idempotencyKey}` };
  await asClient(world, { operation: 'create', card, ...key }, async () => {
    const created = await process.tokenizer.create(CardNumber.parse(card), process.context(), idempotencyKey);
    return { status: created.created ? 201 : 200, reference: created.cardReference };
  });
}

export async function lookupAs(
  process: ProcessUnderTest,
  world: World,
  card: string,
  orTokenize = false,
): Promise<void> {
  await asClient(world, { operation: 'lookup', card }, async () => {
    const number = CardNumber.parse(card);
    if (!orTokenize) return { status: 200, reference: await process.tokenizer.lookup(number, process.context()) };
    const found = await process.tokenizer.lookupOrTokenize(number, process.context());
    return { status: found.created ? 201 : 200, reference: found.cardReference };
  });
}

export async function detokenizeAs(process: ProcessUnderTest, world: World, reference: string): Promise<void> {
  await asClient(world, { operation: 'detokenize', reference }, async () => {
    const number = await process.tokenizer.detokenize(reference as never, process.context());
    return { status: 200, card: number.reveal() };
  });
}

async function asClient(
  world: World,
  asked: Omit<World['answers'][number], 'status'>,
  act: () => Promise<Omit<World['answers'][number], 'operation'>>,
): Promise<void> {
  if (asked.idempotencyKey !== undefined && asked.card !== undefined) {
    world.keyed.push({ idempotencyKey: asked.idempotencyKey, card: asked.card });
  }
  try {
    world.answers.push({ ...asked, ...(await act()) });
  } catch (error) {
    if (error instanceof Crashed) throw error;
    if (!(error instanceof TokenizationError)) throw error;
    world.answers.push({ ...asked, status: error.retryable ? 503 : 400, code: error.code });
  }
}
