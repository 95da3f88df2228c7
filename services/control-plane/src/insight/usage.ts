/** Sums of `tokens_used` over a span of time. One question, one pass over the span's rows of that type. */
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
  agent: sql`coalesce(data->>'agent', '')`,
  principal: sql`coalesce(data->>'principal', '')`,
  backend: sql`coalesce(data->>'backend', '')`,
  model: sql`coalesce(data->>'model', '')`,
};

type Sums = Record<Exclude<keyof TokensView, 'estimated'> | 'estimated' | 'exchanges', string | null>;

const sumOf = (field: string): RawBuilder<string> => sql`sum((data->>${sql.lit(field)})::bigint)`;
const SUMS = sql<Sums>`count(*) as exchanges, ${sumOf('input_tokens')} as input,
  ${sumOf('cached_input_tokens')} as cached_input, ${sumOf('cache_write_input_tokens')} as cache_write_input,
  ${sumOf('output_tokens')} as output, ${sumOf('reasoning_output_tokens')} as reasoning_output,
  sum((data->>'input_tokens')::bigint + (data->>'output_tokens')::bigint)
    filter (where data->>'estimated' = 'true') as estimated`;

export async function usageOf(
  db: Kysely<Database>,
  { by, tenant, since, until, limit }: UsageFilter,
): Promise<{ total: UsageSums; groups: number; usage: (UsageSums & { key: string })[] }> {
  const ofTenant = tenant === '' ? sql`` : sql`and tenant = ${tenant}`;
  const { rows } = await sql<Sums & { key: string | null; groups: string; is_total: number }>`
    with sums as (
      select ${KEY[by]} as key, grouping(${KEY[by]}) as is_total, ${SUMS} from events
      where type = 'tokens_used' and occurred_at >= ${since} and occurred_at < ${until} ${ofTenant}
      group by grouping sets ((${KEY[by]}), ()))
    select *, count(*) over () - 1 as groups from sums
    order by is_total desc, coalesce(input, 0) + coalesce(output, 0) desc, key limit ${limit + 1}`.execute(db);
  const [total, ...usage] = rows;
  return {
    total: numbers(total),
    groups: Number(total?.groups ?? 0),
    usage: usage.map((row) => ({ key: row.key ?? '', ...numbers(row) })),
  };
}

function numbers(sums: Sums | undefined): UsageSums {
  const of = (field: keyof Sums): number => Number(sums?.[field] ?? 0);
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
