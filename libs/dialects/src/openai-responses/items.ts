/** Items of a Responses conversation: the calls among them are the same in a request, a reply, and a stream. */
import { jsonOf } from '../json/scan.ts';
import type { ToolCall } from '../segment.ts';
import { type Fields, fields, text, words } from '../tolerant.ts';

/** Type of a call → the field that holds what the tool is given. */
const INPUT_OF: Readonly<Record<string, string>> = {
  function_call: 'arguments',
  custom_tool_call: 'input',
  mcp_call: 'arguments',
  mcp_approval_request: 'arguments',
  tool_search_call: 'arguments',
  local_shell_call: 'action',
  shell_call: 'action',
  apply_patch_call: 'operation',
  computer_call: 'action',
  web_search_call: 'action',
  file_search_call: 'queries',
  code_interpreter_call: 'code',
  program: 'code',
};

/** Whose arguments are a string of JSON. */
const IS_JSON: ReadonlySet<string> = words('function_call mcp_call mcp_approval_request');

const KINDS: Readonly<Record<string, string>> = {
  function_call: 'function',
  custom_tool_call: 'custom',
  mcp_call: 'mcp',
};

export interface ItemCall extends ToolCall {
  /** Field of the item that holds the arguments. */
  readonly field: string;
  readonly isJson: boolean;
}

/** @returns null where the item is no call. */
export function callOfItem(item: Fields): ItemCall | null {
  const type = text(item.type);
  const field = Object.hasOwn(INPUT_OF, type) ? INPUT_OF[type] : undefined;
  if (field === undefined) return null;
  const input = item[field];
  return {
    id: text(item.call_id) || text(item.id),
    // A provider's own tool is named by its type: `web_search`, `local_shell`.
    name: text(item.name) || type.replace(/_call$/, ''),
    namespace: text(item.namespace) || text(item.server_label),
    kind: KINDS[type] ?? type.replace(/_call$/, ''),
    arguments: typeof input === 'string' ? input : jsonOf(input),
    field,
    isJson: IS_JSON.has(type),
  };
}

/** Fields in which an item carries what a tool answered. */
export const RESULT_FIELDS: ReadonlySet<string> = words('output outputs results error result');

export const isOutputItem = (item: Fields): boolean => text(item.type).endsWith('_output');

/** A response that is begun or over, in the events that carry one. */
export const responseOf = (event: Fields): Fields => fields(event.response);
