import { expect, test } from 'vitest';
import { callerOfIdentity } from '../../../lambdas/runtime/http/caller-of-identity.ts';
import { callerName } from '../../../lambdas/tokenization/callers/caller.ts';
import { CallerUnknown } from '../../../lambdas/tokenization/errors.ts';

const ACCOUNT = '555555555555';

test.each([
  [`arn:aws:sts::${ACCOUNT}:assumed-role/issuing/session-1`, 'role/issuing', 'session-1'],
  [`arn:aws-us-gov:sts::${ACCOUNT}:assumed-role/issuing/s`, 'role/issuing', 's'],
  [`arn:aws:sts::${ACCOUNT}:assumed-role/team/issuing/s`, 'role/team/issuing', 's'],
  [
    `arn:aws:sts::${ACCOUNT}:assumed-role/AWSReservedSSO_Support_0123456789abcdef/someone@bank.example`,
    'role/AWSReservedSSO_Support_0123456789abcdef',
    'someone@bank.example',
  ],
  [`arn:aws:sts::${ACCOUNT}:federated-user/someone`, 'federated-user', 'someone'],
  [`arn:aws:iam::${ACCOUNT}:user/batch`, 'user/batch', null],
  [`arn:aws:iam::${ACCOUNT}:user/teams/a/batch`, 'user/teams/a/batch', null],
  [`arn:aws:iam::${ACCOUNT}:role/issuing`, 'role/issuing', null],
  [`arn:aws:iam::${ACCOUNT}:root`, 'root', null],
])(
  'the identity %s is a caller with its account and the principal %s in any session',
  (userArn, principal, session) => {
    expect(callerOfIdentity({ userArn })).toEqual({ account: ACCOUNT, principal, session });
    expect(callerOfIdentity({ userArn, accountId: ACCOUNT })).toEqual({ account: ACCOUNT, principal, session });
  },
);

test.each([
  ['no identity', undefined],
  ['null', null],
  ['no ARN', {}],
  ['an ARN that is null', { userArn: null }],
  ['an empty ARN', { userArn: '' }],
  ['a text that is not an ARN', { userArn: 'local' }],
  ['a number', { userArn: 5 }],
  ['a principal without an account', { userArn: 'arn:aws:sts::assumed-role/a/b' }],
  ['a short account', { userArn: 'arn:aws:sts::55555555555:assumed-role/a/b' }],
  ['another service', { userArn: `arn:aws:s3::${ACCOUNT}:user/a` }],
  ['an unknown kind of principal', { userArn: `arn:aws:iam::${ACCOUNT}:group/a` }],
  ['a role without a name', { userArn: `arn:aws:sts::${ACCOUNT}:assumed-role/` }],
  ['a user without a name', { userArn: `arn:aws:iam::${ACCOUNT}:user/` }],
  ['a second line', { userArn: `arn:aws:iam::${ACCOUNT}:user/a\nb` }],
  ['another account than the ARN names', { userArn: `arn:aws:iam::${ACCOUNT}:user/a`, accountId: '666666666666' }],
])('an identity with %s is refused as an unknown caller', (_what, identity) => {
  expect(() => callerOfIdentity(identity)).toThrow(CallerUnknown);
});

test('two identities have the same caller name only if account and principal are the same', () => {
  const named = (userArn: string) => callerName(callerOfIdentity({ userArn }));
  const first = named(`arn:aws:sts::${ACCOUNT}:assumed-role/a/one`);
  expect(named(`arn:aws:sts::${ACCOUNT}:assumed-role/a/two`)).toBe(first);
  for (const other of [
    `arn:aws:sts::${ACCOUNT}:assumed-role/b/one`,
    'arn:aws:sts::666666666666:assumed-role/a/one',
    `arn:aws:iam::${ACCOUNT}:user/a`,
  ]) {
    expect(named(other)).not.toBe(first);
  }
});
