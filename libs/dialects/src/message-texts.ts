/** What of each message is inspected, as one text: for the rolling hash that tells what has been inspected before. */
import type { RequestContent } from './segment.ts';

/**
 * Two messages with the same text say the same to every rule; breakpoints of caches and other marks that move from turn
 * to turn are not in it.
 *
 * @returns first what stands outside of the messages (instructions, tools), then one text a message.
 */
export function messageTexts(content: RequestContent): string[] {
  const texts: string[] = new Array<string>(content.messages + 1).fill('');
  for (const { role, kind, text, messageIndex, callId } of content.segments) {
    const at = messageIndex + 1;
    // Lengths in front: no text can look like two.
    texts[at] += `${role} ${kind} ${callId.length} ${text.length} ${callId}${text}`;
  }
  return texts;
}
