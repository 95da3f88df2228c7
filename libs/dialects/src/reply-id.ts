/** The id under which the next request may refer back to a reply (`previous_response_id`, `thread`). */

const ID = /"id"\s*:\s*"([\w.:-]{1,200})"/;

/**
 * @param head the first bytes of a reply as text, 4 KiB are enough: a JSON body or the first event of a stream. All
 *   providers write the reply's own `id` before any item's.
 * @returns empty where there is none.
 */
export function replyId(head: string): string {
  return ID.exec(head.slice(0, 4_096))?.[1] ?? '';
}
