import type { Handler } from '@elida/http';
import { deadLetters } from '@elida/postgres';
import type { Parts } from '../../parts.ts';

export const listDeadLetters =
  ({ db }: Pick<Parts, 'db'>): Handler<'listDeadLetters'> =>
  async ({ query }) => {
    const letters = await deadLetters(db, query);
    const views = letters.map(({ diedAt, ...letter }) => ({ ...letter, died_at: diedAt.toISOString() }));
    return { body: { dead_letters: views } };
  };
