import { ORDER_KINDS, type Order, SCOPES } from '@elida/contracts';
import { blank } from '@elida/session';
import { describe, expect, it } from 'vitest';
import { covers, planOf } from './plan.ts';

const order = (kind: Order['kind'], scope: Order['selector']['scope'], members: string[] = []): Order => ({
  ...{ id: 'ord_1', epoch: 0, kind, tenant: 't', mode: 'permanent', untilAt: 0, actor: 'a', reason: '', at: 1 },
  selector: { scope, id: scope === 'all' ? '' : 'x', members },
});

describe('what an order means for the store', () => {
  it.each(ORDER_KINDS.flatMap((kind) => SCOPES.map((scope) => [kind, scope] as const)))('%s × %s', (kind, scope) => {
    const { members, block } = planOf(order(kind, scope, ['x', 'y']));
    const isOfSessions = ['kill', 'hold', 'terminate', 'resume', 'end'].includes(kind);
    const expected = scope === 'session' ? ['x'] : scope === 'tree' ? ['x', 'y'] : [];
    expect(members).toEqual(isOfSessions ? expected : []);
    const isStanding = kind === 'block' || (['kill', 'hold', 'terminate'].includes(kind) && scope !== 'session');
    expect(block?.effect).toBe(isStanding ? (kind === 'hold' ? 'hold' : 'refuse') : undefined);
  });

  it('a later order lifts the rows of the same selector and tenant, not its own, not others', () => {
    const { lifts } = planOf(order('resume', 'agent'));
    const row = { ...order('kill', 'agent'), effect: 'refuse' as const };
    expect(lifts({ ...row, id: 'ord_0' })).toBe(true);
    expect(lifts(row)).toBe(false);
    expect(lifts({ ...row, id: 'ord_0', tenant: 'other' })).toBe(false);
    expect(lifts({ ...row, id: 'ord_0', selector: { ...row.selector, id: 'y' } })).toBe(false);
  });
});

describe('what a block covers', () => {
  const record = {
    ...blank('ses_1', 't'),
    parent: 'ses_0',
    principal: 'p',
    agent: 'a',
    backend: 'b',
    backendsUsed: { c: 1 },
  };
  const at = (scope: Order['selector']['scope'], id: string, members: string[] = [], tenant = 't') =>
    covers({ tenant, selector: { scope, id, members } }, record);
  it.each([
    ['session', 'ses_1', true],
    ['session', 'ses_0', false],
    ['tree', 'ses_1', true],
    ['tree', 'ses_0', true],
    ['tree', 'ses_9', false],
    ['principal', 'p', true],
    ['principal', 'q', false],
    ['agent', 'a', true],
    ['agent', '', false],
    ['tenant', 't', true],
    ['tenant', 'u', false],
    ['backend', 'b', true],
    ['backend', 'c', true],
    ['backend', 'd', false],
    ['all', '', true],
  ] as const)('%s %s: %s', (scope, id, expected) => {
    expect(at(scope, id)).toBe(expected);
    expect(at(scope, id, [], 'other')).toBe(false);
    expect(at(scope, id, [], '')).toBe(expected);
  });

  it('a tree covers its members and their children', () => {
    expect(at('tree', 'ses_9', ['ses_0'])).toBe(true);
    expect(at('tree', 'ses_9', ['ses_1'])).toBe(true);
  });
});
