import type { Sql } from '../../../lambdas/pool/database/database.ts';

export const SHADOW_KINDS = ['domain', 'type', 'cast', 'table', 'view', 'function', 'operator', 'aggregate'] as const;
export type ShadowKind = (typeof SHADOW_KINDS)[number];

/**
 * Statements that create objects of one kind with the names of all objects that a function of the
 * pool may use, each with a trap. The names come from the catalog, so that they grow with the
 * schema.
 */
export async function shadowStatements(sql: Sql, kind: ShadowKind, schema: string): Promise<string[]> {
  switch (kind) {
    case 'domain':
      return (await typeNames(sql)).map(
        ({ name, original }) =>
          `CREATE DOMAIN ${schema}.${name} AS ${original} CHECK (evil.trap('domain', VALUE::pg_catalog.text))`,
      );
    case 'cast':
      return (await typeNames(sql)).flatMap(({ name, bare, original }) => [
        `CREATE TYPE ${schema}.${name} AS (inside ${original})`,
        `CREATE FUNCTION ${schema}."to ${bare}"(${original}) RETURNS ${schema}.${name} LANGUAGE plpgsql
         AS 'BEGIN PERFORM evil.trap(''cast''); RETURN ROW($1)::${schema}.${name}; END'`,
        `CREATE FUNCTION ${schema}."from ${bare}"(${schema}.${name}) RETURNS ${original} LANGUAGE plpgsql
         AS 'BEGIN PERFORM evil.trap(''cast''); RETURN $1.inside; END'`,
        `CREATE CAST (${original} AS ${schema}.${name}) WITH FUNCTION ${schema}."to ${bare}"(${original}) AS IMPLICIT`,
        `CREATE CAST (${schema}.${name} AS ${original}) WITH FUNCTION ${schema}."from ${bare}"(${schema}.${name}) AS IMPLICIT`,
      ]);
    case 'type':
      return (await relations(sql)).flatMap(({ name, columns }) => [
        ...columns.map(
          (column) =>
            `CREATE DOMAIN ${schema}.${name}_${column.name} AS ${column.type} CHECK (evil.trap('type', VALUE::pg_catalog.text))`,
        ),
        `CREATE TYPE ${schema}.${name} AS (${columns.map((column) => `${column.name} ${schema}.${name}_${column.name}`).join(', ')})`,
      ]);
    case 'table':
      return [
        `CREATE FUNCTION ${schema}.trap_row() RETURNS trigger LANGUAGE plpgsql
         AS 'BEGIN PERFORM evil.trap(''table''); RETURN coalesce(NEW, OLD); END'`,
        ...(await relations(sql)).flatMap(({ name, columns }) => [
          `CREATE TABLE ${schema}.${name} (${columns
            .map(
              (column) => `${column.name} ${column.type} CHECK (evil.trap('table', ${column.name}::pg_catalog.text))`,
            )
            .join(', ')}, trapped pg_catalog.bool DEFAULT evil.trap('table'))`,
          `GRANT ALL ON ${schema}.${name} TO PUBLIC`,
          `CREATE TRIGGER trap BEFORE INSERT OR UPDATE OR DELETE ON ${schema}.${name} FOR EACH ROW EXECUTE FUNCTION ${schema}.trap_row()`,
        ]),
      ];
    case 'view':
      return (await relations(sql)).flatMap(({ name, columns }) => [
        `CREATE VIEW ${schema}.${name} AS SELECT ${columns
          .map((column) => `NULL::${column.type} AS ${column.name}`)
          .join(', ')} WHERE evil.trap('view')`,
        `GRANT ALL ON ${schema}.${name} TO PUBLIC`,
      ]);
    case 'function':
      return (await calledFunctions(sql)).map(
        ({ name, parameters, result, call }) =>
          `CREATE FUNCTION ${schema}.${name}(${parameters}) RETURNS ${result} LANGUAGE plpgsql
           AS $shadow$ BEGIN PERFORM evil.trap('function', '${name}'); RETURN ${call}; END $shadow$`,
      );
    case 'operator':
      return (await operators(sql)).flatMap(({ name, number, left, right, result }) => [
        `CREATE FUNCTION ${schema}.operator_${number}(${left}, ${right}) RETURNS ${result} LANGUAGE plpgsql
         AS $shadow$ BEGIN PERFORM evil.trap('operator', '${name}'); RETURN $1 OPERATOR(pg_catalog.${name}) $2; END $shadow$`,
        `CREATE OPERATOR ${schema}.${name} (LEFTARG = ${left}, RIGHTARG = ${right}, FUNCTION = ${schema}.operator_${number})`,
      ]);
    case 'aggregate':
      return [
        `CREATE FUNCTION ${schema}.step(pg_catalog.int8) RETURNS pg_catalog.int8 LANGUAGE plpgsql
         AS 'BEGIN PERFORM evil.trap(''aggregate''); RETURN $1 OPERATOR(pg_catalog.+) 1; END'`,
        `CREATE AGGREGATE ${schema}.count(*) (SFUNC = ${schema}.step, STYPE = pg_catalog.int8, INITCOND = '0')`,
        ...['int8', 'int4', 'float8', 'text', 'timestamptz', 'numeric'].flatMap((type) => [
          `CREATE FUNCTION ${schema}.step(pg_catalog.${type}, pg_catalog.${type}) RETURNS pg_catalog.${type} LANGUAGE plpgsql
           AS 'BEGIN PERFORM evil.trap(''aggregate''); RETURN $2; END'`,
          ...['min', 'max', 'sum', 'avg'].map(
            (name) =>
              `CREATE AGGREGATE ${schema}.${name}(pg_catalog.${type}) (SFUNC = ${schema}.step, STYPE = pg_catalog.${type})`,
          ),
          `CREATE FUNCTION ${schema}.step(pg_catalog.${type}[], pg_catalog.${type}) RETURNS pg_catalog.${type}[] LANGUAGE plpgsql
           AS 'BEGIN PERFORM evil.trap(''aggregate''); RETURN pg_catalog.array_append($1, $2); END'`,
          `CREATE AGGREGATE ${schema}.array_agg(pg_catalog.${type}) (SFUNC = ${schema}.step, STYPE = pg_catalog.${type}[])`,
        ]),
      ];
  }
}

/** Every plain type of PostgreSQL, and ours. */
const typeNames = (sql: Sql) =>
  sql<{ name: string; bare: string; original: string }[]>`
    SELECT quote_ident(typname) AS name, translate(typname, '"', '') AS bare, format('%I.%I', nspname, typname) AS original
    FROM pg_type
    JOIN pg_namespace ON pg_namespace.oid = typnamespace
    WHERE (nspname = 'pg_catalog' AND typtype = 'b' AND typelem = 0 AND typname !~ '^(_|pg_|reg|aclitem|gtsvector)'
        OR nspname = 'public' AND typtype IN ('e', 'd'))
      AND typname NOT IN ('cid', 'xid', 'xid8', 'tid', 'refcursor', 'unknown', 'json', 'xml', 'point', 'line', 'lseg', 'box', 'path', 'polygon', 'circle')
  `;

interface Relation {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** The pool's tables, views and sequences, and catalogs that a function may read. */
async function relations(sql: Sql): Promise<Relation[]> {
  return sql<Relation[]>`
    SELECT relname AS name, json_agg(json_build_object('name', quote_ident(attname), 'type', format_type(atttypid, atttypmod)) ORDER BY attnum) AS columns
    FROM pg_class
    JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')
      OR relnamespace = 'pg_catalog'::regnamespace AND relname IN ('pg_roles', 'pg_stat_activity', 'pg_locks')
    GROUP BY relname
  `.then((rows) => [...rows]);
}

/** The functions that a function of the pool calls: PostgreSQL's and the pool's. */
const calledFunctions = (sql: Sql) =>
  sql<{ name: string; parameters: string; result: string; call: string }[]>`
    SELECT
      quote_ident(called.proname) AS name,
      array_to_string(ARRAY(SELECT format_type(type, NULL) FROM unnest(called.proargtypes) WITH ORDINALITY AS given (type, place) ORDER BY place), ', ') AS parameters,
      format_type(called.prorettype, NULL) AS result,
      format('%s.%I(%s)', called.pronamespace::regnamespace, called.proname,
        array_to_string(ARRAY(SELECT '$' || place FROM generate_series(1, called.pronargs) AS place), ', ')) AS call
    FROM pg_proc AS called
    JOIN pg_type AS result ON result.oid = called.prorettype
    WHERE called.prokind = 'f' AND NOT called.proretset AND called.provariadic = 0
      AND called.pronamespace IN ('pg_catalog'::regnamespace, 'public'::regnamespace)
      AND result.typtype <> 'p'
      AND NOT EXISTS (SELECT FROM unnest(called.proargtypes) AS type JOIN pg_type ON pg_type.oid = type WHERE typtype = 'p')
      AND EXISTS (
        SELECT FROM pg_proc AS ours
        WHERE ours.pronamespace = 'public'::regnamespace AND ours.prosrc ~ ('\\y' || called.proname || '\\(')
      )
  `;

/** PostgreSQL's binary operators between the types of the pool's columns and parameters. */
const operators = (sql: Sql) =>
  sql<{ name: string; number: number; left: string; right: string; result: string }[]>`
    SELECT oprname AS name, oid::int AS number, format_type(oprleft, NULL) AS left, format_type(oprright, NULL) AS right,
      format_type(oprresult, NULL) AS result
    FROM pg_operator
    WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprkind = 'b'
      AND oprleft IN ('int4'::regtype, 'int8'::regtype, 'uuid'::regtype, 'text'::regtype, 'bytea'::regtype, 'bool'::regtype,
        'float8'::regtype, 'numeric'::regtype, 'timestamptz'::regtype, 'interval'::regtype)
      AND oprright IN ('int4'::regtype, 'int8'::regtype, 'uuid'::regtype, 'text'::regtype, 'bytea'::regtype, 'bool'::regtype,
        'float8'::regtype, 'numeric'::regtype, 'timestamptz'::regtype, 'interval'::regtype)
      AND oprname ~ '^([-+*/<>=~|]|<=|>=|<>|[|]{2})$'
    UNION ALL
    SELECT name, 1000000 + row_number() OVER ()::int, 'public.pair_state', 'public.pair_state', 'boolean'
    FROM unnest(ARRAY['=', '<>', '<', '>', '<=', '>=']) AS name
  `;
