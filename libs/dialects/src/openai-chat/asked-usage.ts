/** Takes out of a Chat stream what is in it only because `askForUsage` asked. */
import { spliced } from '../json/edit-strings.ts';
import { eventsIn } from '../sse/events.ts';
import { fields } from '../tolerant.ts';
import { membersAt } from './edit-request.ts';

const NOTHING = new Uint8Array();

/**
 * The provider then writes `usage: null` into every event, and at the end one with usage and no choice. Usage beside a
 * choice comes from servers that tell it unasked, and stays.
 *
 * @param event one event, whole, edited or not. @param value its parsed data.
 * @returns the event as the client would have got it: the same bytes where nothing is to be taken out, none where the event
 *   would not have come.
 */
export function withoutAskedUsage(event: Uint8Array, value: unknown): Uint8Array {
  const { usage, choices } = fields(value);
  if (usage === undefined || !Array.isArray(choices)) return event;
  if (usage !== null) return choices.length === 0 ? NOTHING : event;
  const [raw] = eventsIn(event);
  const members = raw === undefined || raw.dataStart < 0 ? null : membersAt(event, raw.dataStart);
  if (members === null) return event;
  // Each with the comma in front of it; the first with the one behind it.
  const splices = members.flatMap((member, index) => {
    if (member.key !== 'usage') return [];
    const next = members[index + 1];
    const before = members[index - 1];
    if (before !== undefined) return [{ start: before.valueEnd, end: member.valueEnd, bytes: NOTHING }];
    return [{ start: member.keyStart, end: next?.keyStart ?? member.valueEnd, bytes: NOTHING }];
  });
  return spliced(event, splices);
}
