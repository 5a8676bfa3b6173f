import postgres from 'postgres';

/** One node of a plan that was executed. */
export interface PlanNode {
  readonly type: string;
  readonly relation: string | null;
  /** Rows that it read over all loops: what it gave and what its filter took away. */
  readonly rows: number;
}

export interface Execution {
  readonly found: number;
  readonly milliseconds: number;
  /** Pages that the statement touched, those of the statements inside its functions included. */
  readonly pages: number;
  /** The nodes of every plan, those of the statements inside its functions included. */
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

/** A session that watches the plans of the statements inside functions, by the server's own auto_explain. */
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

  /** Executes a statement that gives one row with a column `found`, and takes back what it did. */
  async execute(statement: string): Promise<Execution> {
    let found = Number.NaN;
    let milliseconds = Number.NaN;
    const undone = new Error('taken back');
    await this.sql
      .begin(async (transaction) => {
        // Once without being watched, so that what a session reads on first use is not counted.
        await transaction.unsafe('SAVEPOINT warm');
        await transaction.unsafe(statement);
        await transaction.unsafe('ROLLBACK TO SAVEPOINT warm');
        this.#plans = [];
        const startedMs = performance.now();
        const [row] = await transaction.unsafe<{ found: number }[]>(statement);
        milliseconds = performance.now() - startedMs;
        found = Number(row?.found);
        throw undone;
      })
      .catch((error: unknown) => {
        if (error !== undone) throw error;
      });
    // The statement itself is reported last; its pages are those of everything inside it.
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
