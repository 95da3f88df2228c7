/** Which session an exchange belongs to: hints of the caller, always mixed with who they are. */
import type { BodyHints } from '@elida/contracts';
import { type Installation, mac } from '@elida/kernel';
import {
  agentFingerprint,
  deriveSid,
  type FoundHints,
  findHints,
  identify,
  type Mac,
  replyKeyOf,
  type SessionIdentity,
} from '@elida/session';
import type { Headers } from '../caller.ts';
import type { SessionStore } from '../ports.ts';
import { Remembered } from '../remembered.ts';
import type { Principal } from './principal.ts';

export interface Identity extends Principal, SessionIdentity {
  /** The session at the top of this one's tree, as far as the request says. */
  readonly root: string;
  readonly agent: string;
  readonly workflow: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly backend: string;
}

/** Hot sessions cost one lookup instead of several HMACs. */
const KNOWN_MAX = 8_192;
const AGENTS_MAX = 256;
const LABELS_MAX = 1_024;
/** Parts a sub-agent's hint from its session's (libs/session, `within`). */
const WITHIN = '\u001f';

export class Identifier {
  readonly #sessions: SessionStore;
  readonly #mac: Mac;
  readonly #known = new Remembered<SessionIdentity & { readonly root: string }>(KNOWN_MAX);
  readonly #agents = new Remembered<string>(AGENTS_MAX);
  readonly #labels = new Remembered<string>(LABELS_MAX);
  readonly #redact: (text: string) => string;

  /** @param redact what callers say of themselves is kept (store, record, exports): it goes through here first. */
  constructor(installation: Installation, sessions: SessionStore, redact: (text: string) => string) {
    this.#redact = redact;
    const key = installation.key('session-id');
    this.#mac = (data) => mac(key, data);
    this.#sessions = sessions;
  }

  /** @param body null: it has not arrived, or has nothing to say. */
  hints(headers: Headers, body: BodyHints | null, sessionHeaders: readonly string[]): FoundHints {
    return findHints(headers, body, { sessionHeaders });
  }

  /** Asks the store only where the request goes on from a reply, or names a parent by its session id. */
  identify(caller: Principal, found: FoundHints, body: BodyHints, backend: string): Identity | Promise<Identity> {
    const known = this.#derive(caller, found, backend);
    const { sid, root, parent, hintKind, displayName } = known;
    const identity: Identity = {
      tenant: caller.tenant,
      principal: caller.principal,
      sid,
      root,
      parent: parent === sid ? '' : parent,
      hintKind,
      displayName,
      agent: found.agent === '' ? this.#agent(body.system) : this.#label(found.agent),
      workflow: this.#label(found.workflow),
      tags: this.#labelled(found.tags),
      backend,
    };
    const isSettled = found.previousReply === '' && (parent !== '' || found.parentSid === '');
    return isSettled ? identity : this.#lookUp(caller, found, identity);
  }

  async #lookUp(caller: Principal, found: FoundHints, identity: Identity): Promise<Identity> {
    const chained = found.previousReply === '' ? '' : await this.#chained(caller, found.previousReply);
    const claimed = found.parentSid === '' ? '' : await this.#ownParent(caller, found.parentSid);
    const own = chained === '' ? identity : { ...identity, sid: chained, root: chained, hintKind: 'previous-reply' };
    const parent = own.parent || claimed;
    return { ...own, parent: parent === own.sid ? '' : parent };
  }

  /** Under which the store keeps that this session gave this reply. */
  replyKey(caller: Principal, replyId: string): string {
    return replyKeyOf(this.#mac, caller, replyId);
  }

  #derive(caller: Principal, found: FoundHints, backend: string): SessionIdentity & { readonly root: string } {
    const { hint, parent } = found;
    const name = hint === null ? `client\n${backend}` : `${hint.kind}\n${hint.scope}\n${hint.value}`;
    const key = `${caller.tenant}\n${caller.principal}\n${name}\n${parent?.scope ?? ''}\n${parent?.value ?? ''}`;
    const before = this.#known.get(key);
    if (before !== undefined) return before;
    const derived = identify(this.#mac, caller, found, backend);
    const outer = hint?.value.split(WITHIN, 1)[0] ?? '';
    const isInner = hint !== null && outer !== hint.value;
    const root = isInner
      ? deriveSid(this.#mac, caller, { scope: hint.scope, value: outer })
      : derived.parent || derived.sid;
    return this.#known.set(key, { ...derived, displayName: this.#redact(derived.displayName), root });
  }

  #chained(caller: Principal, replyId: string): Promise<string> {
    return this.#sessions.sessionOfReply(this.replyKey(caller, replyId));
  }

  async #ownParent(caller: Principal, sid: string): Promise<string> {
    const parent = await this.#sessions.get(sid);
    return parent?.tenant === caller.tenant && parent.principal === caller.principal ? sid : '';
  }

  #label(text: string): string {
    if (text === '') return '';
    return this.#labels.get(text) ?? this.#labels.set(text, this.#redact(text));
  }

  #labelled(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    if (Object.keys(tags).length === 0) return tags;
    // As JSON, so that a name tells of its value: `password`.
    return JSON.parse(this.#label(JSON.stringify(tags)));
  }

  #agent(system: string): string {
    if (system === '') return '';
    return this.#agents.get(system) ?? this.#agents.set(system, agentFingerprint(system, this.#mac));
  }
}
