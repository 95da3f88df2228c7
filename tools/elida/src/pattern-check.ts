/** `storage.redaction.patterns` of the file, judged by the library that will run them. */
import type { ConfigCheck } from '@elida/kernel';
import { patternProblem } from '@elida/redaction';

export const checkPatterns: ConfigCheck = (config) =>
  config.storage.redaction.patterns.flatMap(({ pattern }, index) => {
    const problem = patternProblem(pattern);
    return problem ? [{ path: ['storage', 'redaction', 'patterns', index, 'pattern'], message: problem }] : [];
  });
