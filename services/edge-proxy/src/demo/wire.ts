/** What a wire does for the demo: read a request, and word a turn whole or as events. Pure. */
import type { Json } from './json.ts';
import type { Prompt } from './prompt.ts';
import type { Turn } from './script.ts';

/** What distinguishes one reply from another. */
export interface ReplyContext {
  /** Digits or letters; part of every id of the reply. */
  readonly serial: string;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly request: Json;
}

export interface WireEvent {
  /** The event's name; empty on wires that have none. */
  readonly name: string;
  readonly data: Json;
  /** A piece of the answer: the pace is kept after it. */
  readonly isPiece?: boolean;
}

export interface Wire {
  /** @returns null where what the wire requires is missing. */
  read(request: Json): Prompt | null;
  reply(turn: Turn, prompt: Prompt, context: ReplyContext): Json;
  events(turn: Turn, prompt: Prompt, context: ReplyContext): Iterable<WireEvent>;
}

/** A tool's input in two deltas, as clients have to expect. */
export const inHalves = (input: string): readonly string[] => {
  const middle = Math.ceil(input.length / 2);
  return input.length < 2 ? [input] : [input.slice(0, middle), input.slice(middle)];
};
