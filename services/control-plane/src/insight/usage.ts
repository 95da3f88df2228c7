/** Sums of `tokens_used` over a span of time: one pass over the span's rows of that type, each read once. */
import type { TokensView, UsageBy } from '@elida/contracts/api';
import type { Database } from '@elida/postgres';
import { type Kysely, type RawBuilder, sql } from 'kysely';

export interface UsageFilter {
  readonly by: UsageBy;
  /** Empty: every tenant. */
  readonly tenant: string;
  readonly since: Date;
  readonly until: Date;
  readonly limit: number;
}

export interface UsageSums {
  readonly exchanges: number;
  readonly tokens: TokensView;
}

const KEY: Readonly<Record<UsageBy, RawBuilder<string>>> = {
  session: sql`session`,
  tenant: sql`tenant`,
  agent: sql`told.agent`,
  principal: sql`told.principal`,
  backend: sql`told.backend`,
  model: sql`told.model`,
};

/** Column of the sums → its expression over one event's data. */
const SUMS = {
  exchanges: sql`count(*) filter (where told.aside is not true)`,
  input: sql`sum(told.input_tokens)`,
  cached_input: sql`sum(told.cached_input_tokens)`,
  cache_write_input: sql`sum(told.cache_write_input_tokens)`,
  output: sql`sum(told.output_tokens)`,
  reasoning_output: sql`sum(told.reasoning_output_tokens)`,
  estimated: sql`sum(told.input_tokens + told.output_tokens) filter (where told.estimated)`,
} as const;
type Column = keyof typeof SUMS;
type Row = { readonly key: string; readonly groups: string } & Readonly<
  Record<Column | `all_${Column}`, string | null>
>;

const COLUMNS = Object.keys(SUMS) as readonly Column[];
const sums = sql.join(COLUMNS.map((name) => sql`${SUMS[name]} as ${sql.ref(name)}`));
const totals = sql.join(COLUMNS.map((name) => sql`sum(${sql.ref(name)}) over () as ${sql.ref(`all_${name}`)}`));

/** One parse of the data a row; picking field by field costs twice the time. */
const TOLD = sql`jsonb_to_record(data) as told (
  input_tokens bigint, cached_input_tokens bigint, cache_write_input_tokens bigint, output_tokens bigint,
  reasoning_output_tokens bigint, estimated boolean, aside boolean, agent text, principal text, backend text, model text)`;

export async function usageOf(
  db: Kysely<Database>,
  { by, tenant, since, until, limit }: UsageFilter,
): Promise<{ total: UsageSums; groups: number; usage: (UsageSums & { key: string })[] }> {
  const ofTenant = tenant === '' ? sql`` : sql`and tenant = ${tenant}`;
  const { rows } = await sql<Row>`
    with used as (
      select coalesce(${KEY[by]}, '') as key, ${sums} from events cross join lateral ${TOLD}
      where type = 'tokens_used' and occurred_at >= ${since} and occurred_at < ${until} ${ofTenant} group by 1)
    select used.*, ${totals}, count(*) over () as groups from used
    order by coalesce(input, 0) + coalesce(output, 0) desc, key limit ${limit}`.execute(db);
  const first = rows[0];
  return {
    total: sumsOf((name) => first?.[`all_${name}`]),
    groups: Number(first?.groups ?? 0),
    usage: rows.map((row) => ({ key: row.key, ...sumsOf((name) => row[name]) })),
  };
}

function sumsOf(column: (name: Column) => string | null | undefined): UsageSums {
  const of = (name: Column): number => Number(column(name) ?? 0);
  return {
    exchanges: of('exchanges'),
    tokens: {
      input: of('input'),
      cached_input: of('cached_input'),
      cache_write_input: of('cache_write_input'),
      output: of('output'),
      reasoning_output: of('reasoning_output'),
      estimated: of('estimated'),
    },
  };
}
