import postgres from 'postgres';

/** A node of an executed plan. */
export interface PlanNode {
  readonly type: string;
  readonly relation: string | null;
  /** Rows that it read in all loops: those that it returned and those that its filter removed. */
  readonly rows: number;
}

export interface Execution {
  readonly found: number;
  readonly milliseconds: number;
  /** Pages that the statement read, including the statements inside its functions. */
  readonly pages: number;
  /** The nodes of all plans, including the statements inside its functions. */
  readonly nodes: readonly PlanNode[];
}

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly Node[];
}

/** A session that records the plans of the statements inside functions, with auto_explain. */
export class PlanWatcher {
  readonly sql: postgres.Sql;
  #plans: Node[] = [];

  constructor(url: string) {
    this.sql = postgres(url, {
      max: 1,
      prepare: false,
      onnotice: ({ message = '' }) => {
        const start = message.indexOf('{');
        if (message.includes('plan:') && start >= 0)
          this.#plans.push((JSON.parse(message.slice(start)) as { Plan: Node }).Plan);
      },
    });
  }

  async open(): Promise<void> {
    await this.sql.unsafe(`
      LOAD 'auto_explain';
      SET auto_explain.log_min_duration = 0;
      SET auto_explain.log_nested_statements = on;
      SET auto_explain.log_analyze = on;
      SET auto_explain.log_buffers = on;
      SET auto_explain.log_timing = off;
      SET auto_explain.log_format = json;
      SET auto_explain.log_level = notice;
      SET client_min_messages = notice;
    `);
  }

  /** Executes a statement that returns one row with a column `found`, and rolls it back. */
  async execute(statement: string): Promise<Execution> {
    let found = Number.NaN;
    let milliseconds = Number.NaN;
    const rollback = new Error('rolled back');
    await this.sql
      .begin(async (transaction) => {
        // Executed once before, so that the first use of catalogs in this session is not counted.
        await transaction.unsafe('SAVEPOINT warm');
        await transaction.unsafe(statement);
        await transaction.unsafe('ROLLBACK TO SAVEPOINT warm');
        this.#plans = [];
        const startedMs = performance.now();
        const [row] = await transaction.unsafe<{ found: number }[]>(statement);
        milliseconds = performance.now() - startedMs;
        found = Number(row?.found);
        throw rollback;
      })
      .catch((error: unknown) => {
        if (error !== rollback) throw error;
      });
    // The outer statement is reported last. Its pages include those of all inner statements.
    const outer = this.#plans.at(-1);
    return { found, milliseconds, pages: pagesOf(outer), nodes: this.#plans.flatMap(nodesOf) };
  }

  close(): Promise<void> {
    return this.sql.end({ timeout: 1 });
  }
}

const pagesOf = (node: Node | undefined): number =>
  (node?.['Shared Hit Blocks'] ?? Number.NaN) + (node?.['Shared Read Blocks'] ?? Number.NaN);

function nodesOf(node: Node): PlanNode[] {
  const { 'Actual Rows': given, 'Actual Loops': loops } = node;
  const filtered = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  const own = {
    type: node['Node Type'],
    relation: node['Relation Name'] ?? null,
    rows: Math.round((given + filtered) * loops),
  };
  return [own, ...(node.Plans ?? []).flatMap(nodesOf)];
}
