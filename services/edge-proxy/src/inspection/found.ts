/** A finding with what makes it itself, so that the same words found again, here or on another edge, add nothing. */
import { hash } from 'node:crypto';
import type { Finding } from '@elida/policy';

export interface Found {
  readonly finding: Finding;
  /** What matched (the first span); empty of counters, models and tool calls. */
  readonly matched: string;
  /** Of a request's texts: the text, and how often the same stood before it. Absent: what matched, or which call. */
  readonly identity?: string;
}

const KEY_CHARS = 22;

/**
 * Of the assistant's words only what matched counts: the reply, and its repetition in the next request, are one finding.
 * Not the text, which clients cut and join as they like.
 */
export function findingKey(secret: string, { finding, matched, identity }: Found): string {
  const { rule, role, place } = finding;
  const isCall = place.startsWith('tool_call:');
  const what = isCall ? place : role === 'assistant' ? matched : (identity ?? matched);
  return hash('sha256', `${secret}${rule}\0${isCall ? 'call' : role}\0${what}`, 'base64url').slice(0, KEY_CHARS);
}
