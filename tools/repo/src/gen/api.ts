/** docs/openapi.json from the table of operations. */
import { openApiDocument } from '@elida/contracts/api';
import workspace from '../../../../package.json' with { type: 'json' };
import type { Generated } from './generated.ts';

export const api: Generated = {
  path: 'docs/openapi.json',
  render: () => `${JSON.stringify(openApiDocument(workspace.version), null, 2)}\n`,
};
