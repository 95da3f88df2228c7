import { EVERY_TENANT } from '@elida/contracts/api';
import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { toJsonb } from '@elida/postgres';
import type { Parts } from '../../parts.ts';
import { review } from '../../policies/review.ts';
import { lastPolicies, lastVersion, policyViewOf } from '../../policies/rows.ts';
import { writtenOf } from '../../policies/written.ts';
import { checkPrecondition } from '../../publisher/precondition.ts';

const EVERYWHERE = { tenant: EVERY_TENANT, session: '', incarnation: 0 };

/** Adds a version. Edges get it with the next publication, not before. */
export const putPolicy =
  ({ db, journal, publisher, clock }: Pick<Parts, 'db' | 'journal' | 'publisher' | 'clock'>): Handler<'putPolicy'> =>
  async ({ params: { name }, body }, { caller, ...headers }) => {
    const written = writtenOf(body);
    const { content } = written;
    const { problems, warnings } = review(written, publisher.compiler, await lastPolicies(db), name);
    const [first] = problems;
    if (first) throw new Fault('invalid', `${first.path}: ${first.message}`, { errors: problems });
    const row = await journal.write(async (tx, { note }) => {
      const last = await lastVersion(tx, name);
      const standing = last && !last.deleted ? last : null;
      if (standing && standing.owner !== 'api')
        throw new Fault('managed_elsewhere', `${name} is owned by ${standing.owner}`);
      checkPrecondition(headers, standing ? String(standing.version) : null);
      const version = (last?.version ?? 0) + 1;
      const author = caller.principal;
      const fixed = { name, version, owner: 'api' as const, author, created_at: new Date(clock.now()) };
      await tx
        .insertInto('policies')
        .values({ ...fixed, content: toJsonb(content) })
        .execute();
      note('settings_changed', EVERYWHERE, {
        resource: 'policy',
        name,
        change: `version ${version}`,
        actor: author,
      });
      return { ...fixed, content };
    });
    return { body: { ...policyViewOf(row), warnings: [...warnings] }, etag: String(row.version) };
  };
