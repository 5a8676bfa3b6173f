import { edit, type Mutant } from './mutant.ts';

const LOOK_ALIKES = ['test/integration/look-alike-tokens.test.ts'];
const PROFILE_CHANGE = ['test/integration/profile-change.test.ts'];
const CHANGED_PROFILE = ['test/integration/changed-profile.test.ts'];
const FORMS = ['test/integration/reference-ranges.test.ts'];
const HYGIENE = ['test/integration/database-hygiene.test.ts'];
const functions = (name: string): string => `lambdas/pool/functions/${name}.sql`;
const TRIGGER = 'lambdas/pool/migrations/006.do.pair-form-by-profile.sql';

/** Bugs in what the database allows as an internal token or as a reference. */
export const FORM_MUTANTS: readonly Mutant[] = [
  {
    name: 'the trigger does not check the form of an internal token',
    kind: 'protections in the database',
    edits: [edit(TRIGGER, 'is_internal_token(NEW.internal_token)\n    AND', 'true\n    AND')],
    tests: LOOK_ALIKES,
  },
  {
    name: 'the trigger lets a card number in as a reference of the pool',
    kind: 'protections in the database',
    edits: [edit(TRIGGER, "WHEN 'STAGED' THEN may_be_new_reference(NEW.card_reference)", "WHEN 'STAGED' THEN true")],
    tests: HYGIENE,
  },
  {
    name: 'a pair is stored whose reference is the internal token of another pair',
    kind: 'protections in the database',
    edits: [
      edit(functions('lookup/record-bound-pair'), '\n      OR is_stored_internal_token(p_card_reference)', ''),
      edit(TRIGGER, '    AND NOT is_stored_internal_token(NEW.card_reference)\n', ''),
    ],
    tests: LOOK_ALIKES,
  },
  {
    name: 'a pair is stored whose internal token is the reference of another pair',
    kind: 'protections in the database',
    edits: [
      edit(functions('lookup/record-bound-pair'), 'IF is_stored_reference(p_internal_token) THEN', 'IF false THEN'),
      edit(TRIGGER, '    AND (length(NEW.internal_token) <> 16 OR NOT is_stored_reference(NEW.internal_token))\n', ''),
    ],
    tests: LOOK_ALIKES,
  },
  {
    name: 'a pair that was bound outside the pool may have two equal halves',
    kind: 'protections in the database',
    edits: [
      edit(functions('lookup/record-bound-pair'), 'IF p_card_reference = p_internal_token\n      OR NOT', 'IF NOT'),
      edit('lambdas/pool/migrations/001.do.pair-life.sql', '      AND NEW.internal_token <> NEW.card_reference\n', ''),
    ],
    tests: LOOK_ALIKES,
  },
  {
    name: 'a search by reference takes a spare internal token for an unknown reference',
    kind: 'protections in the database',
    edits: [
      edit(functions('forms/is-stored-internal-token'), "WHERE namespace = 'ns1' AND token", 'WHERE false AND token'),
    ],
    tests: LOOK_ALIKES,
  },
  {
    name: 'one reference that is an internal token stops all other tokens of a prefetch run',
    kind: 'one invalid item',
    edits: [edit(functions('refill/stage-tokens'), 'ELSE is_stored_internal_token(token)', 'ELSE false')],
    tests: LOOK_ALIKES,
  },
  {
    name: 'one spare token of an earlier profile stops all other tokens of a prefetch run',
    kind: 'one invalid item',
    edits: [edit(functions('refill/stage-tokens'), 'WHEN NOT has_form THEN CASE', 'WHEN false THEN CASE')],
    tests: PROFILE_CHANGE,
  },
  {
    name: 'a rejected reference that looks like a card number is stored',
    kind: 'card numbers and secrets in text',
    edits: [edit(functions('refill/stage-tokens'), 'NOT may_contain_card_number(token)', 'true')],
    tests: HYGIENE,
  },
  {
    name: 'a stored pair of an earlier profile cannot be adopted',
    kind: 'changes of a running system',
    edits: [
      edit(
        functions('lookup/record-bound-pair'),
        'IF NOT EXISTS (\n    SELECT FROM pair WHERE internal_token = p_internal_token AND card_reference = p_card_reference\n  ) THEN\n    -- The',
        'IF true THEN\n    -- The',
      ),
    ],
    tests: PROFILE_CHANGE,
  },
  {
    name: 'the client refuses the token of a pair that was stored under an earlier profile',
    kind: 'changes of a running system',
    edits: [
      edit(
        'lambdas/tome/client/http-tome.ts',
        'if (text === wanted) return wanted;',
        'if (text === wanted && reader.readToken(text) === null) return null;',
      ),
    ],
    tests: CHANGED_PROFILE,
  },
  {
    name: 'the client refuses a bound token of an earlier profile',
    kind: 'changes of a running system',
    edits: [
      edit(
        'lambdas/tome/client/http-tome.ts',
        'return isNew ? reader.readToken(text) : readBoundToken(text);',
        'return isNew ? reader.readToken(text) : reader.readToken(text) && readBoundToken(text);',
      ),
    ],
    tests: CHANGED_PROFILE,
  },
  {
    name: 'a card with a token of an earlier profile is refused, because its pair cannot be stored',
    kind: 'changes of a running system',
    edits: [
      edit('lambdas/pool/pair-store.ts', "if (code === 'FORMS' || code === 'REFER') return false;", 'void code;'),
    ],
    tests: CHANGED_PROFILE,
  },
  {
    name: 'a migration installs the forms of the default profile for every profile',
    kind: 'changes of a running system',
    edits: [
      edit(
        'lambdas/pool/install/install-functions.ts',
        'if (rules === undefined) return texts;',
        'if (rules !== null) return texts;',
      ),
    ],
    tests: FORMS,
  },
  {
    name: 'the migrate function does not pass its settings of forms on',
    kind: 'changes of a running system',
    edits: [edit('lambdas/composition/migrate.ts', '    rules: referenceRulesOf(settings),\n', '')],
    tests: FORMS,
  },
  {
    name: 'the pattern of forbidden starts joins two ranges that are not neighbours',
    kind: 'protections in the database',
    edits: [
      edit(
        'lambdas/pool/install/starts-pattern.ts',
        'interval.first > previous.last + 1',
        'interval.first > previous.last + 2',
      ),
    ],
    tests: ['test/unit/pool/starts-pattern.test.ts'],
  },
];
