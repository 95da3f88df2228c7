/** Everything that is generated and committed. */
import { api } from './api.ts';
import { chart } from './chart.ts';
import { configuration } from './configuration.ts';
import { dialects } from './dialects.ts';
import { errors } from './errors.ts';
import type { Generated } from './generated.ts';
import { limits } from './limits.ts';
import { PROTO_TARGET, renderProto } from './proto.ts';
import { rules } from './rules.ts';

const DOCUMENTS: readonly Generated[] = [errors, limits, configuration, api, chart, rules, dialects];

/** @returns path from the root → what the file should hold. */
export async function renderAll(root: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const { path, render } of DOCUMENTS) files.set(path, await render());
  for (const [path, text] of renderProto(root)) files.set(`${PROTO_TARGET}/${path}`, text);
  return files;
}
