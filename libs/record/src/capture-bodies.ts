/** A capture in the seeds' two texts: a request's body and a reply's. */
import type { CaptureContent, CapturedBody } from '@elida/contracts';

export interface CaptureBodies {
  readonly request: string;
  /** Of a stream: JSON of its text, put together, and the calls that it made. Of a WebSocket: the provider's messages, one a line. */
  readonly response: string;
}

export function captureBodies(content: CaptureContent): CaptureBodies {
  const { request, response, frames, framesLeftOut } = content;
  if (frames.length + framesLeftOut > 0) {
    return { request: linesOf(content, 'client'), response: linesOf(content, 'provider') };
  }
  return { request: bodyText(request), response: bodyText(response) || replyText(content) };
}

const bodyText = ({ text, omitted }: CapturedBody): string => (omitted === '' ? text : `[${omitted}]`);

function replyText({ texts, calls }: CaptureContent): string {
  if (texts.length + calls.length === 0) return '';
  return JSON.stringify({
    text: texts.map(({ text }) => text).join('\n'),
    tool_calls: calls.map(({ name, arguments: given }) => ({ name, arguments: given })),
  });
}

const linesOf = ({ frames }: CaptureContent, from: 'client' | 'provider'): string =>
  frames
    .filter((frame) => frame.from === from && frame.kind === 'text')
    .map(({ text }) => text)
    .join('\n');

/** Whether anything is missing of what passed. */
export const isCaptureTruncated = ({
  request,
  response,
  texts,
  calls,
  frames,
  framesLeftOut,
}: CaptureContent): boolean =>
  framesLeftOut > 0 || [request, response, ...texts, ...calls, ...frames].some(({ truncated }) => truncated);
