/** docs/limits.md from LIMITS. */
import { LIMITS } from '@elida/contracts';
import { type Generated, HEAD, table } from './generated.ts';

export const limits: Generated = {
  path: 'docs/limits.md',
  render() {
    const rows = Object.entries(LIMITS).map(([name, { value, unit, reason }]) => [
      `\`${name}\``,
      value.toLocaleString('en-US'),
      unit === 'count' ? '' : unit,
      reason,
    ]);
    return `${HEAD}
# Limits

Everything has a limit, and reaching one is an error of its own ([errors](errors.md)), never truncation.

${table(['limit', 'value', 'unit', 'why'], rows)}`;
  },
};
