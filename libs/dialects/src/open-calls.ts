/** Calls whose arguments are still coming. */
import type { JsonPath } from './json/scan.ts';
import type { ReplyItem } from './reply.ts';
import type { ToolCall } from './segment.ts';

/** UTF-16 units. A call with more arguments than this cannot be judged whole, and says so. */
export const ARGUMENTS_CHARS_MAX = 8_388_608;

interface OpenCall {
  readonly index: number;
  readonly part: number;
  id: string;
  name: string;
  namespace: string;
  kind: string;
  arguments: string;
  truncated: boolean;
  /** Its pieces give it several names: clients take the first, the last, or join them. */
  renamed: boolean;
}

export class OpenCalls {
  readonly #open = new Map<number, Map<number, OpenCall>>();

  has(index: number, part: number): boolean {
    return this.#open.get(index)?.has(part) === true;
  }

  /** Begins a call, or completes what its beginning left out. */
  begin(index: number, part: number, facts: Partial<ToolCall>, items: ReplyItem[], path: JsonPath | null): void {
    let parts = this.#open.get(index);
    if (parts === undefined) {
      parts = new Map();
      this.#open.set(index, parts);
    }
    const { id = '', name = '', namespace = '', kind = 'function' } = facts;
    let open = parts.get(part);
    // Some servers give every call the same index: another id is another call.
    if (open !== undefined && open.id !== '' && id !== '' && id !== open.id) {
      this.complete(index, part, null, items);
      open = undefined;
      this.#open.set(index, parts);
    }
    if (open === undefined) {
      parts.set(part, { index, part, id, name, namespace, kind, arguments: '', truncated: false, renamed: false });
      items.push({ type: 'tool_begin', index, part, path, id, name, namespace });
      return;
    }
    open.renamed ||= areTwo(open.name, name) || areTwo(open.namespace, namespace);
    open.id ||= id;
    open.name ||= name;
    open.namespace ||= namespace;
  }

  /** A part of the arguments in a form of its own, which is neither added to them nor to be changed. */
  mention(index: number, part: number, items: ReplyItem[]): void {
    const { id = '', name = '', namespace = '' } = this.#open.get(index)?.get(part) ?? {};
    items.push({ type: 'tool_begin', index, part, path: null, id, name, namespace });
  }

  /** @param json whether the wire has an object at this path, of which `text` is the JSON. */
  add(
    index: number,
    part: number,
    text: string,
    items: ReplyItem[],
    path: JsonPath | null,
    json = false,
    repeats = false,
  ): void {
    if (text === '') return;
    const open = this.#open.get(index)?.get(part);
    if (open !== undefined && !repeats) {
      if (open.arguments.length + text.length > ARGUMENTS_CHARS_MAX) open.truncated = true;
      else open.arguments += text;
    }
    items.push({ type: 'tool_arguments', index, part, path, text, repeats, ...(json ? { json } : {}) });
  }

  /** The arguments so far; empty where no such call is open. */
  argumentsOf(index: number, part: number): string {
    return this.#open.get(index)?.get(part)?.arguments ?? '';
  }

  /** @param whole the arguments as the wire repeats them at the end; null: what came in pieces. */
  complete(index: number, part: number, whole: Partial<ToolCall> | null, items: ReplyItem[]): void {
    const parts = this.#open.get(index);
    const open = parts?.get(part);
    if (parts === undefined || open === undefined) return;
    parts.delete(part);
    if (parts.size === 0) this.#open.delete(index);
    const { id, name, namespace, kind } = open;
    const renamed = open.renamed || areTwo(name, whole?.name ?? '') || areTwo(namespace, whole?.namespace ?? '');
    const truncated = renamed || (open.truncated && whole === null);
    // No arguments at all are read as `{}` by every client; free text may be empty.
    const empty = kind === 'custom' ? '' : '{}';
    const call = {
      id: id || (whole?.id ?? ''),
      name: name || (whole?.name ?? ''),
      namespace: namespace || (whole?.namespace ?? ''),
      kind: whole?.kind ?? kind,
      arguments: whole?.arguments ?? (open.arguments || empty),
    };
    items.push({ type: 'tool_call', index, part, path: null, call, truncated });
  }

  completeAll(index: number, items: ReplyItem[]): void {
    for (const part of [...(this.#open.get(index)?.keys() ?? [])]) this.complete(index, part, null, items);
  }

  end(items: ReplyItem[]): void {
    for (const index of [...this.#open.keys()]) this.completeAll(index, items);
  }
}

const areTwo = (a: string, b: string): boolean => a !== '' && b !== '' && a !== b;
