/** text/event-stream (WHATWG HTML § 9.2), incrementally: fields `id`, `event`, `data`; comments are heartbeats. */
export interface StreamMessage {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

export class EventStreamParser {
  #rest = '';
  #id = '';
  #event = '';
  #data: string[] = [];

  /** @returns the messages that this chunk completes. */
  push(chunk: string): StreamMessage[] {
    const lines = (this.#rest + chunk).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    const messages: StreamMessage[] = [];
    for (const line of lines) {
      if (line === '') this.#flush(messages);
      else this.#field(line);
    }
    return messages;
  }

  #flush(messages: StreamMessage[]): void {
    if (this.#data.length > 0)
      messages.push({ id: this.#id, event: this.#event || 'message', data: this.#data.join('\n') });
    this.#event = '';
    this.#data = [];
  }

  #field(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'id') this.#id = value;
    else if (name === 'event') this.#event = value;
    else if (name === 'data') this.#data.push(value);
  }
}
