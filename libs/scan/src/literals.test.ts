import { describe, expect, it } from 'vitest';
import { literalsOf } from './literals.ts';
import { readPattern } from './pattern.ts';
import { foldedView } from './views/folded-view.ts';

function literals(source: string): string[] | null {
  const pattern = readPattern(source, foldedView);
  if ('message' in pattern) throw new Error(pattern.message);
  return (
    literalsOf(pattern.root, foldedView.foldUnit)
      ?.literals.map(({ text }) => text)
      .toSorted() ?? null
  );
}

describe('literals come from the tree: of each set, every match holds one', () => {
  it.each([
    ['ignore', ['ignore']],
    ['IGNORE', ['ignore']],
    ['(?:kill|stop)\\s+now', ['kill now', 'stop now']],
    [';\\s*nc\\b', ['; nc', ';nc']],
    ['\\b\\d{3}-\\d{2}-\\d{4}\\b', ['000-00-0000']],
    ['\\w{1,20}@x', ['@x']],
    ['colou?r#', ['color#', 'colour#']],
    ['\\s+ignore', ['ignore']],
    ['[ab]{2}@', ['aa@', 'ab@', 'ba@', 'bb@']],
    ['.{0,40}instructions', ['instructions']],
    ['игнорируй', [expect.stringMatching(/^[\u0080-\u00bf]{9}$/)]],
  ])('%s', (source, expected) => {
    expect(literals(source)).toEqual(expected);
  });

  it.each(['\\w+', '[a-z]{8}', '.{5}', '(?:ignore|\\w)'])('%s has none', (source) => {
    expect(literals(source)).toBeNull();
  });
});
