import type { Parts } from '../parts.ts';
import { deletePolicy } from './delete-policy/handler.ts';
import { diffPolicy } from './diff-policy/handler.ts';
import { explainPolicy } from './explain-policy/handler.ts';
import { getPolicy } from './get-policy/handler.ts';
import { getPolicyVersion } from './get-policy-version/handler.ts';
import { getPreset } from './get-preset/handler.ts';
import { listPolicies } from './list-policies/handler.ts';
import { listPolicyVersions } from './list-policy-versions/handler.ts';
import { listPresets } from './list-presets/handler.ts';
import { putPolicy } from './put-policy/handler.ts';
import { validatePolicy } from './validate-policy/handler.ts';

export const policiesHandlers = (parts: Parts) => ({
  listPolicies: listPolicies(parts),
  getPolicy: getPolicy(parts),
  putPolicy: putPolicy(parts),
  deletePolicy: deletePolicy(parts),
  listPolicyVersions: listPolicyVersions(parts),
  getPolicyVersion: getPolicyVersion(parts),
  validatePolicy: validatePolicy(parts),
  explainPolicy: explainPolicy(parts),
  diffPolicy: diffPolicy(parts),
  listPresets: listPresets(),
  getPreset: getPreset(),
});
