/** What of the file only another library can judge: patterns of redaction, policies. */
import type { ConfigCheck } from '@elida/kernel';
import { checkFilePolicies } from '@elida/policy';
import { patternProblem } from '@elida/redaction';

const checkPatterns: ConfigCheck = (config) =>
  config.storage.redaction.patterns.flatMap(({ pattern }, index) => {
    const problem = patternProblem(pattern);
    return problem ? [{ path: ['storage', 'redaction', 'patterns', index, 'pattern'], message: problem }] : [];
  });

export const FILE_CHECKS: readonly ConfigCheck[] = [checkPatterns, checkFilePolicies];
