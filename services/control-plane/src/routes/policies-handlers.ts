import type { Parts } from '../parts.ts';
import { getPolicy } from './get-policy/handler.ts';
import { getPolicyVersion } from './get-policy-version/handler.ts';
import { listPolicies } from './list-policies/handler.ts';
import { listPolicyVersions } from './list-policy-versions/handler.ts';
import { putPolicy } from './put-policy/handler.ts';

export const policiesHandlers = (parts: Parts) => ({
  listPolicies: listPolicies(parts),
  getPolicy: getPolicy(parts),
  putPolicy: putPolicy(parts),
  listPolicyVersions: listPolicyVersions(parts),
  getPolicyVersion: getPolicyVersion(parts),
});
