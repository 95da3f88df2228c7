/** Tool calls of a reply: none of a call leaves before all of it is known and judged. */
import { editStrings, type JsonPath, keyProblem, type ToolCall } from '@elida/dialects';
import { type Finding, isHarmless } from '@elida/policy';
import { editedPiece, mergedEdits } from './replacement.ts';
import { type Judge, ownFinding, PASS, type Ruling } from './verdict.ts';

interface Place {
  readonly index: number;
  readonly part: number;
}

export interface JudgedCall extends Place {
  judged: boolean;
  /** As the pieces say them so far, and as the wire repeats them. */
  said: string;
  readonly repeated: string[];
  /** As they were judged. */
  arguments: string;
  /** What the client gets in their place; null: as they are. */
  replaced: string | null;
  /** An event has taken the replaced arguments. */
  taken: boolean;
}

interface Leaf {
  readonly text: string;
  /** Null: the arguments are the text. */
  readonly path: JsonPath | null;
  readonly place: string;
}

/** Any key twice; in arguments the caller names things himself, so letters mean nothing. */
const ANY_KEY = { known: new Set<string>(), free: new Set<string>() };
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class JudgedCalls {
  /** Whether some rule acts on calls, so that they must wait. */
  readonly holds: boolean;
  readonly #judge: Judge;
  readonly #calls = new Map<string, JudgedCall>();
  readonly #found: { readonly finding: Finding; readonly matched: string }[] = [];

  constructor(judge: Judge) {
    const { compiled, evaluator } = judge.policy;
    this.#judge = judge;
    this.holds =
      compiled.mode === 'enforce' &&
      (compiled.rules.some(({ type, action }) => type === 'tool' && !isHarmless(action)) ||
        evaluator.mustHold(segmentAt(0, '')));
  }

  /** The call that is under way there, or a new one. */
  begin(place: Place): JudgedCall {
    const known = this.#calls.get(key(place));
    if (known !== undefined && !known.judged) return known;
    const { index, part } = place;
    const empty = { judged: false, said: '', repeated: [], arguments: '', replaced: null, taken: false };
    const begun: JudgedCall = { index, part, ...empty };
    this.#calls.set(key(place), begun);
    return begun;
  }

  /**
   * A piece of the arguments, or (`repeats`) all of them again.
   *
   * @returns null where they belong to a call that is judged, and are not what was judged.
   */
  add(place: Place, text: string, repeats: boolean): JudgedCall | null {
    const call = this.#calls.get(key(place)) ?? this.begin(place);
    if (call.judged) return repeats && isSame(text, call.arguments) ? call : null;
    if (repeats) call.repeated.push(text);
    else call.said += text;
    return call;
  }

  get open(): boolean {
    for (const { judged } of this.#calls.values()) if (!judged) return true;
    return false;
  }

  findings(): readonly { readonly finding: Finding; readonly matched: string }[] {
    return this.#found;
  }

  /** What cannot be judged is found by itself: it stops the reply where calls wait for their judgement. */
  ambiguous(message: number, place: string): Ruling {
    const finding = ownFinding('ambiguous_tool_arguments', this.holds ? 'block' : 'flag', message, place);
    this.#found.push({ finding, matched: '' });
    return this.#judge.rule([finding]);
  }

  /** @param message the choice. @param truncated there is more of it than can be judged. */
  rule(call: ToolCall, where: Place, message: number, truncated: boolean): Ruling {
    const judged = this.begin(where);
    judged.judged = true;
    judged.arguments = call.arguments;
    const place = `tool_call:${call.id}`;
    const versions = judged.said === '' ? judged.repeated : [judged.said, ...judged.repeated];
    const isOne = !truncated && versions.every((text) => isSame(text, call.arguments));
    const parsed = isOne ? argumentsOf(call) : undefined;
    if (parsed === undefined) {
      const ruling = this.ambiguous(message, place);
      if (ruling.stop !== null) return ruling;
    }
    const leaves = leavesOf(call, parsed ?? call.arguments, `arguments:${call.id}`);
    const segments = leaves.map((leaf) => ({ ...segmentAt(message, leaf.place), text: leaf.text }));
    const toolCalls = [{ id: call.id, name: call.name, arguments: parsed ?? call.arguments }];
    const { findings } = this.#judge.policy.evaluator.evaluate({ segments, toolCalls });
    for (const finding of findings) this.#found.push({ finding, matched: matchedIn(leaves, finding) });
    const ruling = this.#judge.rule(findings);
    if (ruling.stop !== null || ruling.edits.length === 0) return ruling;
    judged.replaced = replacedArguments(call, leaves, findings);
    return judged.replaced === null
      ? { stop: this.#judge.stop('block', ruling.edits[0]?.rule ?? ''), edits: [] }
      : PASS;
  }
}

const key = ({ index, part }: Place): string => `${index} ${part}`;

/** Written alike, or the same JSON. */
function isSame(a: string, b: string): boolean {
  if (a === b) return true;
  const [left, right] = [parse(a), parse(b)];
  return left !== undefined && right !== undefined && JSON.stringify(left) === JSON.stringify(right);
}

const segmentAt = (message: number, place: string) =>
  ({ side: 'response', role: 'assistant', kind: 'tool_arguments', message, place }) as const;

/** @returns undefined where two readers may see different arguments: keys that come twice, or no JSON at all. */
function argumentsOf({ kind, arguments: text }: ToolCall): unknown {
  if (kind === 'custom') return text;
  const parsed = parse(text);
  // What a provider's own tool is given may be free text (code); of a function it must be JSON.
  if (parsed === undefined) return kind === 'function' ? undefined : text;
  return keyProblem(encoder.encode(text), ANY_KEY) === null ? parsed : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The strings in the arguments; the raw text where it is no JSON. */
function leavesOf(call: ToolCall, root: unknown, place: string): Leaf[] {
  if (typeof root === 'string' && root === call.arguments) return [{ text: root, path: null, place }];
  const leaves: Leaf[] = [];
  const stack: { readonly value: unknown; readonly path: JsonPath }[] = [{ value: root, path: [] }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { value, path } = next;
    if (typeof value === 'string') leaves.push({ text: value, path, place: `${place} ${path.join('.')}` });
    else if (Array.isArray(value))
      for (let i = value.length - 1; i >= 0; i--) stack.push({ value: value[i], path: [...path, i] });
    else if (typeof value === 'object' && value !== null) {
      for (const name of Object.keys(value).reverse())
        stack.push({ value: (value as Readonly<Record<string, unknown>>)[name], path: [...path, name] });
    }
  }
  return leaves;
}

function matchedIn(leaves: readonly Leaf[], { place, spans: [first] }: Finding): string {
  if (first === undefined) return '';
  return leaves.find((leaf) => leaf.place === place)?.text.slice(first.start, first.end) ?? '';
}

/** @returns null where the arguments cannot be changed in place. */
function replacedArguments(call: ToolCall, leaves: readonly Leaf[], findings: readonly Finding[]): string | null {
  const changes = leaves.flatMap((leaf) => {
    const edits = mergedEdits(
      findings.flatMap(({ place, spans, rule, action }) =>
        place === leaf.place && (action === 'redact' || action === 'sanitize')
          ? spans.map(({ start, end }) => ({ start, end, rule }))
          : [],
      ),
    );
    return edits.length === 0 ? [] : [{ path: leaf.path, text: editedPiece(edits, 0, leaf.text) }];
  });
  const [first] = changes;
  if (first?.path === null) return first.text;
  const edits = changes.map(({ path, text }) => ({ path: path ?? [], inner: null, text }));
  const edited = editStrings(encoder.encode(call.arguments), edits);
  return edited === null ? null : decoder.decode(edited);
}
