import { TomeAccessDenied, type TomeError } from '../../../../lambdas/tokenization/tome-errors.ts';
import { CredentialUnavailable } from '../../../../lambdas/tome/client/failures.ts';
import { findAnswerFault, findOwnershipFault, nameOf, type WireAnswer } from '../../wire/wire-answer.ts';
import { failed, notTried, type Observation, passed, type Verdict } from '../check.ts';
import type { Evidence } from '../evidence.ts';

/** Statuses that mean the same from TOME and from a server in front of it. */
const isDeniedStatus = (status: number): boolean => status === 401 || status === 403 || status === 407;
const isLimitedStatus = (status: number): boolean => status === 429;
const isOutageStatus = (status: number): boolean => status >= 500 || status === 408 || status === 425;

/** Whether TOME, or its token server, does not accept the credential. */
export const isDenial = (failure: TomeError): boolean =>
  failure instanceof TomeAccessDenied || failure instanceof CredentialUnavailable;
const isLimited = ({ code }: TomeError): boolean => code === 'tome-rate-limited' || code === 'tome-budget-spent';
const isOutage = (failure: TomeError): boolean =>
  !isDenial(failure) && (failure.code === 'tome-outcome-unknown' || failure.code === 'tome-unavailable');

/** Rules that every call must obey. */
export const observations: readonly Observation[] = [
  {
    id: 'credential-accepted',
    sentence: 'TOME accepts the credential for every operation of both namespaces.',
    line: 'authentication',
    remedy: 'Correct the credential, `authentication`, or the rights of the caller at TOME.',
    judge: (evidence) => refusals(evidence, isDeniedStatus, isDenial),
  },
  {
    id: 'answers-show',
    sentence: 'Every answer shows that it belongs to its request, as the profile says.',
    line: 'answersShow, headers.requestId',
    remedy: 'Set answersShow and headers.requestId to what TOME repeats; without either, TOME cannot be used.',
    judge: ({ profile, answers }) => {
      return verdictOf(
        answers,
        answers.flatMap((answer) => named(answer, findOwnershipFault(answer, profile))),
      );
    },
  },
  {
    id: 'answers-fit-contract',
    sentence: 'Every answer has a status and a body of the contract.',
    line: 'path, operations',
    remedy: 'Compare the answer with lambdas/tome/contract/openapi.json, and the address with the profile.',
    judge: judgeContract,
  },
  {
    id: 'answers-arrive',
    sentence: 'Every call is answered in time, and not with 5xx.',
    line: null,
    remedy: 'TOME must answer within TOME_ATTEMPT_TIMEOUT_MS; or raise that setting (docs/configuration.md).',
    judge: (evidence) => refusals(evidence, isOutageStatus, isOutage),
  },
  {
    id: 'within-limits',
    sentence: 'A tenth of the rate of the profile is never refused.',
    line: 'limits',
    remedy: 'Lower limits.callsPerSecond to the rate that TOME allows.',
    judge: (evidence) => refusals(evidence, isLimitedStatus, isLimited),
  },
  {
    id: 'connections-kept',
    sentence: 'Connections stay open for the next call.',
    line: null,
    remedy: 'TOME, or the server in front of it, must not close the connection after each answer.',
    judge: ({ answers }) => {
      if (answers.length === 0) return notTried('there was no answer');
      const closed = answers.filter(({ headers }) => headers.connection?.toLowerCase() === 'close').length;
      return closed === 0 ? passed() : failed(`${closed} of ${answers.length} answers close it`);
    },
  },
];

/** Fails if an answer has such a status, or if the product got one of these errors. */
function refusals(
  { answers, failures }: Evidence,
  isRefusal: (status: number) => boolean,
  isOfKind: (failure: TomeError) => boolean,
): Verdict {
  return verdictOf(answers, [
    ...answers.filter(({ status }) => isRefusal(status)).map((answer) => `${nameOf(answer)} answered ${answer.status}`),
    ...failures.filter(({ failure }) => isOfKind(failure)).map(({ message }) => message),
  ]);
}

function judgeContract({ profile, answers, failures }: Evidence): Verdict {
  // Other rules name these. The client also refuses an answer that does not show its request.
  const owned = answers.filter((answer) => findOwnershipFault(answer, profile) === null);
  const areExplained = owned.length < answers.length;
  const judged = owned.filter(
    ({ status }) => !isDeniedStatus(status) && !isLimitedStatus(status) && !isOutageStatus(status),
  );
  return verdictOf(answers, [
    ...judged.flatMap((answer) => named(answer, findAnswerFault(answer))),
    ...failures
      .filter(({ failure: { code } }) => code === 'tome-answer-invalid' || code === 'tome-gateway-answered')
      .flatMap(({ message }) => (areExplained ? [] : [message])),
  ]);
}

const named = (answer: WireAnswer, fault: string | null): readonly string[] =>
  fault === null ? [] : [`${nameOf(answer)} ${fault}`];

/** Each sentence once. */
function verdictOf(answers: readonly WireAnswer[], faults: readonly string[]): Verdict {
  if (answers.length + faults.length === 0) return notTried('there was no answer');
  return faults.length === 0 ? passed() : failed([...new Set(faults)].join('; '));
}
