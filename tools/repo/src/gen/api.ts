/** docs/openapi.json from the table of operations. */
import { readFileSync } from 'node:fs';
import { openApiDocument } from '@elida/contracts/api';
import type { Generated } from './generated.ts';

const workspace = new URL('../../../../package.json', import.meta.url);

export const api: Generated = {
  path: 'docs/openapi.json',
  render() {
    const { version } = JSON.parse(readFileSync(workspace, 'utf8')) as { version: string };
    return `${JSON.stringify(openApiDocument(version), null, 2)}\n`;
  },
};
