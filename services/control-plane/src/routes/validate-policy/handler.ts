import type { Handler } from '@elida/http';
import { type FieldError, isFault } from '@elida/kernel';
import type { Parts } from '../../parts.ts';
import { review } from '../../policies/review.ts';
import { type Written, writtenOf } from '../../policies/written.ts';

/** By itself: what is stored beside it is looked at when it is stored. */
export const validatePolicy =
  ({ publisher }: Pick<Parts, 'publisher'>): Handler<'validatePolicy'> =>
  async ({ body }) => {
    const written = readable(body);
    if ('broken' in written) return { body: { ...NOTHING, problems: [...written.broken] } };
    const { compiled, problems, warnings } = review(written, publisher.compiler);
    const told = { problems: [...problems], warnings: [...warnings] };
    if (!compiled.ok) return { body: { ...NOTHING, ...told } };
    const { rules, mode, preset } = compiled.policy;
    return { body: { ...told, valid: problems.length === 0, rules: rules.length, mode, preset } };
  };

const NOTHING = { valid: false, problems: [], warnings: [], rules: 0, mode: '', preset: '' };

/** A text that is no YAML is an answer here, not an error. */
function readable(body: Parameters<typeof writtenOf>[0]): Written | { broken: readonly FieldError[] } {
  try {
    return writtenOf(body);
  } catch (error) {
    if (isFault(error)) return { broken: error.errors };
    throw error;
  }
}
