import { LIVE_TOPICS, type LiveMessage } from '@elida/contracts/api';
import { type Command, Option } from 'commander';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { plain, type Screen } from '../terminal/screen.ts';

interface WatchFlags extends RemoteFlags {
  readonly topics: string;
}

export const sessionsWatch = (shell: Shell): Command =>
  remoteCommand('watch', 'What happens, as it happens; with --json one object a line')
    .argument('[session]', 'only this session (ses_…)')
    .addOption(new Option('--topics <list>', 'separated by commas').default(LIVE_TOPICS.join(',')))
    .action(async (session: string | undefined, flags: WatchFlags) => {
      const { client, screen } = remote(shell, flags);
      for await (const message of client.live({ topics: flags.topics }, shell.signal)) {
        if (session === undefined || concerns(message, session))
          screen.result(message, () => line(screen, message, new Date().toISOString()));
      }
    });

const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? `${value}` : '';

const sessionOf = ({ topic, data }: LiveMessage): string => {
  const selector = data.selector as { id?: unknown } | undefined;
  return topic === 'sessions' ? text(data.id) : topic === 'orders' ? text(selector?.id) : text(data.session);
};

const concerns = (message: LiveMessage, session: string): boolean =>
  message.topic === 'reset' || sessionOf(message) === session;

/** @param now for what does not say when it happened: a session's new state. */
export function line(screen: Screen, message: LiveMessage, now: string): string {
  const { topic, data } = message;
  if (topic === 'reset') return screen.paint('yellow', 'some of what happened was missed here');
  const at = text(data.occurred_at ?? data.at ?? now).slice(11, 23);
  const what =
    topic === 'sessions'
      ? `session ${text(data.state)} ${text(data.display_name)} ${text(data.requests)} requests`
      : topic === 'orders'
        ? `order ${text(data.kind)} by ${text(data.actor)} ${text(data.reason)}`
        : `${text(data.type)} ${summary(data.data)}`;
  return plain(`${at.padEnd(12)} ${sessionOf(message).padEnd(30)} ${what}`.trimEnd());
}

/** The plain values of an event, as key=value. */
export function summary(data: unknown): string {
  if (typeof data !== 'object' || data === null) return '';
  return Object.entries(data)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value) && value !== '')
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(' ');
}
