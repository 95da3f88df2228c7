/** A rule's pattern as an expression of the platform: for anchors and for equality, never on traffic. */
export function expressionOf(source: string, isCaseSensitive: boolean): RegExp {
  const [flags = ''] = /^\(\?[ims]+\)/.exec(source) ?? [];
  // What rules may write with a backslash and the flag `u` does not take; the meaning stays.
  const strict = source.slice(flags.length).replace(/\\(["#%&',:;<=>@_`~! ])/g, '$1');
  return new RegExp(strict, `gu${isCaseSensitive ? '' : 'i'}${flags.replace(/[^ms]/g, '')}`);
}
