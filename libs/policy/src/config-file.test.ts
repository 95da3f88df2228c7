import { fileSchema } from '@elida/contracts';
import { describe, expect, it } from 'vitest';
import { checkFilePolicies, policiesOfFile } from './config-file.ts';

const word = { name: 'word', type: 'content_match', patterns: ['secret'] };
const problems = (file: object): string[] =>
  checkFilePolicies(fileSchema.parse(file)).map(({ path, message }) => `${path.join('.')}: ${message}`);
const documents = (file: object) => policiesOfFile(fileSchema.parse(file));

describe('policies of the file', () => {
  it('are the one named default, and those that have names', () => {
    expect(documents({})).toEqual([]);
    const policy = { mode: '', preset: 'standard' };
    expect(documents({ policy, policies: { vip: { priority: 1 } } })).toEqual([
      { name: 'default', content: policy },
      { name: 'vip', content: { priority: 1 } },
    ]);
    expect(documents({ policy: { enabled: false, preset: 'strict' } })).toEqual([]);
  });

  it('have their ladder in either place, not in both', () => {
    const risk_ladder = { half_life: 0 };
    expect(documents({ risk_ladder })).toEqual([{ name: 'default', content: { risk_ladder } }]);
    expect(documents({ risk_ladder, policy: { preset: 'minimal' } })).toEqual([
      { name: 'default', content: { preset: 'minimal', risk_ladder } },
    ]);
    expect(problems({ risk_ladder, policy: { risk_ladder } })).toEqual([
      'risk_ladder: is the same as policy.risk_ladder, which is there too: keep one',
    ]);
    expect(problems({ policy: {}, policies: { default: {} } })).toEqual([
      'policies.default: is the same as policy, which is there too: keep one',
    ]);
  });

  it('are checked whole, also where they are switched off, and told at their place in the file', () => {
    expect(
      problems({
        policy: { enabled: false, rules: [{ ...word, patterns: ['('] }] },
        policies: { vip: { preset: 'paranoid' }, odd: { rules: [word, word] } },
      }).map((line) => line.split(':')[0]),
    ).toEqual(['policy.rules.0.patterns.0', 'policies.odd.rules.1.name', 'policies.vip.preset']);
    const file = { policy: {}, risk_ladder: { thresholds: [{ score: 5, action: 'shout' }] } };
    expect(problems(file)[0]).toMatch(/^risk_ladder\.thresholds\.0\.action: /);
  });

  it('and their layers must go together', () => {
    const layer = { layer: 'tenant', match: { tenants: ['acme'] } };
    expect(problems({ policy: { rules: [word] }, policies: { acme: layer } })).toEqual([]);
    expect(problems({ policies: { a: layer, b: layer } })).toEqual([
      'policies.b.match.tenants.0: acme has the layer a already',
    ]);
  });
});
