import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agentFingerprint, labelsOf } from './labels.ts';

const mac = (data: string): Uint8Array => createHmac('sha256', 'key').update(data).digest();

const prompt = (date: string, folder: string, id: string): string =>
  `You are a coding agent. Be brief.\n<env>\nWorking directory: ${folder}\nToday's date: ${date}\nRun ${id}\nPlatform: linux\n</env>`;

describe('an agent without a name has one by its system prompt', () => {
  it('which dates, paths, ids and numbers do not change', () => {
    const first = agentFingerprint(prompt('2026-11-24', '/home/ann/work', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'), mac);
    expect(first).toMatch(/^agent-[0-9a-f]{12}$/);
    expect(agentFingerprint(prompt('Tuesday, November 3, 2026', 'C:\\Users\\Bob', '42'), mac)).toBe(first);
    expect(agentFingerprint(prompt('3 Nov 2026 10:15', '/srv/x-y', '0xdeadbeef0'), mac)).toBe(first);
  });

  it('which another task changes', () => {
    expect(agentFingerprint('You review pull requests.', mac)).not.toBe(agentFingerprint('You write tests.', mac));
  });

  it('and none without a prompt', () => {
    expect(agentFingerprint('', mac)).toBe('');
    expect(agentFingerprint(' 2026-11-24 ', mac)).toBe('');
  });
});

describe('labels', () => {
  it('agent by the first name given, workflow, and tags of both spellings with ours winning', () => {
    expect(
      labelsOf({
        'x-cylestio-prompt-id': 'p',
        'x-elida-agent-id': 'a',
        'x-elida-workflow': 'w',
        'x-cylestio-tags': 'env:dev, team : blue ,solo,url:http://x:1',
        'x-elida-tags': 'env:prod',
      }),
    ).toEqual({
      agent: 'a',
      workflow: 'w',
      tags: { env: 'prod', team: 'blue', solo: 'true', url: 'http://x:1' },
      tagsDropped: 0,
    });
  });

  it('tags past a limit are dropped whole and counted', () => {
    const many = Array.from({ length: 60 }, (_, index) => `k${index}:v`).join(',');
    const { tags, tagsDropped } = labelsOf({ 'x-elida-tags': `${'k'.repeat(65)}:v,big:${'v'.repeat(513)},${many}` });
    expect(Object.keys(tags)).toHaveLength(50);
    expect(tagsDropped).toBe(12);
    expect(Object.values(tags).every((value) => value === 'v')).toBe(true);
  });

  it('a tag may have any name without touching the prototype', () => {
    const { tags } = labelsOf({ 'x-elida-tags': '__proto__:x,constructor:y' });
    expect(Object.entries(tags)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(Object.getPrototypeOf(tags)).toBe(Object.prototype);
  });

  it('whatever the headers hold, the limits hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => {
        const { tags, agent } = labelsOf({ 'x-elida-tags': text, 'x-elida-agent-id': text });
        expect(agent.length).toBeLessThanOrEqual(128);
        for (const [key, value] of Object.entries(tags)) {
          expect(key.length).toBeLessThanOrEqual(64);
          expect(value.length).toBeLessThanOrEqual(512);
        }
      }),
    );
  });
});
