import { describe } from '../../../lambdas/runtime/logging/describe-error.ts';
import { TokenizationError } from '../../../lambdas/tokenization/errors.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import { Crashed } from './fault-modes.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import type { World } from './world.ts';
import { writeLog } from './written-log.ts';

/** Creates a card and records the answer for the checker. After a crash there is no answer. */
export async function createAs(
  process: ProcessUnderTest,
  world: World,
  card: string,
  idempotencyKey?: string,
): Promise<void> {
  const key = idempotencyKey === undefined ? {} : { idempotencyKey: `${process.caller} ${idempotencyKey}` };
  await recordAnswer(world, { operation: 'create', card, ...key }, async () => {
    const created = await process.tokenizer.create(CardNumber.parse(card), process.context(), idempotencyKey);
    return { status: created.created ? 201 : 200, reference: created.cardReference };
  });
}

/** Looks a card up, or tokenizes it when it has no reference, and records the answer. */
export async function lookupAs(
  process: ProcessUnderTest,
  world: World,
  card: string,
  orTokenize = false,
): Promise<void> {
  await recordAnswer(world, { operation: 'lookup', card }, async () => {
    const number = CardNumber.parse(card);
    if (!orTokenize) return { status: 200, reference: await process.tokenizer.lookup(number, process.context()) };
    const found = await process.tokenizer.lookupOrTokenize(number, process.context());
    return { status: found.created ? 201 : 200, reference: found.cardReference };
  });
}

/** Detokenizes a reference and records the answer. */
export async function detokenizeAs(process: ProcessUnderTest, world: World, reference: string): Promise<void> {
  await recordAnswer(world, { operation: 'detokenize', reference }, async () => {
    const number = await process.tokenizer.detokenize(reference as never, process.context());
    return { status: 200, card: number.reveal() };
  });
}

async function recordAnswer(
  world: World,
  request: Omit<World['answers'][number], 'status'>,
  send: () => Promise<Omit<World['answers'][number], 'operation'>>,
): Promise<void> {
  if (request.idempotencyKey !== undefined && request.card !== undefined) {
    world.keyUses.push({ idempotencyKey: request.idempotencyKey, card: request.card });
  }
  try {
    world.answers.push({ ...request, ...(await send()) });
  } catch (error) {
    if (error instanceof Crashed) throw error;
    writeLog(world, { operation: request.operation, error: describe(error) });
    if (!(error instanceof TokenizationError)) throw error;
    world.answers.push({ ...request, status: error.retryable ? 503 : 400, code: error.code, text: error.message });
  }
}
