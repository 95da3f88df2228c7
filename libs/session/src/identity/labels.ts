/** What the caller calls itself: agent, workflow, tags. For people and for rules that only tighten; never for rights. */
import { LIMITS } from '@elida/contracts';
import { type Headers, header } from './headers.ts';
import { type Mac, usableValue } from './hint.ts';

export interface Labels {
  /** Empty: use `agentFingerprint`. */
  readonly agent: string;
  readonly workflow: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Tags past a limit. They are dropped whole, never cut. */
  readonly tagsDropped: number;
}

const TAG_KEY_CHARS_MAX = 64;
const TAG_VALUE_CHARS_MAX = 512;
const NAME_CHARS_MAX = 128;

function firstName(headers: Headers, names: readonly string[]): string {
  for (const name of names) {
    const value = usableValue(header(headers, name));
    if (value !== null && value.length <= NAME_CHARS_MAX) return value;
  }
  return '';
}

/** `key:value,key2:value2`; a key alone is `true`. The later of two equal keys counts. */
function parseTags(lists: readonly (string | undefined)[]): { tags: Record<string, string>; dropped: number } {
  const tags = new Map<string, string>();
  let dropped = 0;
  for (const item of lists.flatMap((text) => text?.split(',') ?? [])) {
    const colon = item.indexOf(':');
    const key = usableValue(colon < 0 ? item : item.slice(0, colon));
    if (key === null) continue;
    const value = colon < 0 ? 'true' : (usableValue(item.slice(colon + 1)) ?? '');
    const fits = key.length <= TAG_KEY_CHARS_MAX && value.length <= TAG_VALUE_CHARS_MAX;
    if (fits && (tags.has(key) || tags.size < LIMITS.tagsMax.value)) tags.set(key, value);
    else dropped++;
  }
  // fromEntries defines own properties: a tag named __proto__ is a tag.
  return { tags: Object.fromEntries(tags), dropped };
}

export function labelsOf(headers: Headers): Labels {
  const { tags, dropped } = parseTags([header(headers, 'x-cylestio-tags'), header(headers, 'x-elida-tags')]);
  return {
    agent: firstName(headers, ['x-elida-agent-id', 'x-cylestio-agent-id', 'x-cylestio-prompt-id']),
    workflow: firstName(headers, ['x-elida-workflow', 'x-elida-workflow-id']),
    tags,
    tagsDropped: dropped,
  };
}

const CALENDAR =
  /^(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?$|^(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)$/;

/** Dates, times, versions, numbers, UUIDs and digests have a digit; paths and URLs a slash; addresses an @. */
const VOLATILE = /[\d/\\@]/;

/**
 * One name for all runs of an agent: its system prompt without what changes from run to run.
 * @param system its beginning (BodyHints.system). @returns `agent-<12 hex>`, or empty where there is no prompt.
 */
export function agentFingerprint(system: string, mac: Mac): string {
  const words = system
    .toLowerCase()
    .split(/[\s,;()"'`]+/)
    .filter((word) => word !== '' && !VOLATILE.test(word) && !CALENDAR.test(word.replace(/[.:]+$/, '')));
  if (words.length === 0) return '';
  const digest = mac(`agent\n${words.join(' ')}`).subarray(0, 6);
  return `agent-${Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
