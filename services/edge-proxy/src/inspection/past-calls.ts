/** Tool calls as the rules see them. */
import type { ToolCall } from '@elida/dialects';
import type { ToolCall as JudgedCall } from '@elida/policy';

/** Parsed where the arguments are JSON; a free text, and what no parser takes, is judged as it stands. */
export function judgedCall({ id, name, arguments: text }: ToolCall): JudgedCall {
  // A wire without ids: then the call is told by what it does.
  return { id: id === '' ? `${name} ${text}` : id, name, arguments: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
