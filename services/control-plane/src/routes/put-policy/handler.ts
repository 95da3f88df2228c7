import { EVERY_TENANT } from '@elida/contracts/api';
import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { toJsonb } from '@elida/postgres';
import { sql } from 'kysely';
import type { Parts } from '../../parts.ts';
import { policyViewOf } from '../../policies/rows.ts';
import { checkPrecondition } from '../../publisher/precondition.ts';

const EVERYWHERE = { tenant: EVERY_TENANT, session: '', incarnation: 0 };

/** Adds a version. Edges get it with the next publication, not before. */
export const putPolicy =
  ({ journal, clock }: Pick<Parts, 'journal' | 'clock'>): Handler<'putPolicy'> =>
  async ({ params: { name }, body }, { caller, ...headers }) => {
    const row = await journal.write(async (tx, { note }) => {
      // Immutable rows cannot be locked for the next number: one writer of a name at a time.
      await sql`select pg_advisory_xact_lock(hashtext(${`elida_policy/${name}`}))`.execute(tx);
      const last = await tx
        .selectFrom('policies')
        .select(['version', 'owner'])
        .where('name', '=', name)
        .orderBy('version', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (last && last.owner !== 'api') throw new Fault('managed_elsewhere', `${name} is owned by ${last.owner}`);
      checkPrecondition(headers, last ? String(last.version) : null);
      const version = (last?.version ?? 0) + 1;
      const fixed = {
        name,
        version,
        owner: 'api' as const,
        author: caller.principal,
        created_at: new Date(clock.now()),
      };
      await tx
        .insertInto('policies')
        .values({ ...fixed, content: toJsonb(body.content) })
        .execute();
      note('settings_changed', EVERYWHERE, {
        resource: 'policy',
        name,
        change: `version ${version}`,
        actor: caller.principal,
      });
      return { ...fixed, content: body.content };
    });
    return { body: policyViewOf(row), etag: String(row.version) };
  };
