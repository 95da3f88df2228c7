/** Output items of a response: how each begins, what happens to it, and how it is when it is done. */
import type { Json } from '../json.ts';
import type { ToolCall, Turn } from '../script.ts';
import { inHalves } from '../wire.ts';

interface Step {
  readonly type: string;
  readonly rest: Json;
  readonly isPiece: boolean;
}

export interface OutputItem {
  readonly added: Json;
  readonly steps: readonly Step[];
  /** Complete: clients build their history from it, not from the deltas. */
  readonly done: Json;
}

const step = (type: string, rest: Json, isPiece = false): Step => ({ type: `response.${type}`, rest, isPiece });

export function message(turn: Turn, serial: string): OutputItem {
  const item = { id: `msg_demo${serial}`, type: 'message', role: 'assistant' };
  const part = { type: 'output_text', text: turn.pieces.join(''), annotations: [], logprobs: [] };
  const at = { content_index: 0 };
  return {
    added: { ...item, status: 'in_progress', content: [] },
    steps: [
      step('content_part.added', { ...at, part: { ...part, text: '' } }),
      ...turn.pieces.map((delta) => step('output_text.delta', { ...at, delta, logprobs: [] }, true)),
      step('output_text.done', { ...at, text: part.text, logprobs: [] }),
      step('content_part.done', { ...at, part }),
    ],
    done: { ...item, status: turn.isCut ? 'incomplete' : 'completed', content: [part] },
  };
}

export function functionCall({ tool, input }: ToolCall, serial: string): OutputItem {
  const type = tool.isCustom ? 'custom_tool_call' : 'function_call';
  const field = tool.isCustom ? 'input' : 'arguments';
  const events = tool.isCustom ? 'custom_tool_call_input' : 'function_call_arguments';
  const item = {
    id: `${tool.isCustom ? 'ctc' : 'fc'}_demo${serial}`,
    type,
    call_id: `call_demo${serial}`,
    name: tool.name,
  };
  const name = tool.isCustom ? {} : { name: tool.name };
  return {
    added: { ...item, status: 'in_progress', [field]: '' },
    steps: [
      ...inHalves(input).map((delta) => step(`${events}.delta`, { delta }, true)),
      step(`${events}.done`, { [field]: input, ...name }),
    ],
    done: { ...item, status: 'completed', [field]: input },
  };
}
