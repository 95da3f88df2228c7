import { ProblemError } from '@elida/client';
import type { SessionView } from '@elida/contracts/api';
import type { Command } from 'commander';
import { type Remote, type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { fields, type Screen } from '../terminal/screen.ts';
import { plural, printBytes, printDuration, printInstant } from '../terminal/wording.ts';
import { printRisk } from './sessions-list.ts';

export const sessionsShow = (shell: Shell): Command =>
  remoteCommand('show', 'One session; where it has ended, its last incarnation')
    .argument('<session>', 'session id or display name')
    .action(async (id: string, flags: RemoteFlags) => {
      const { client, screen } = remote(shell, flags);
      const session = await liveOrEnded(client, id);
      screen.result(session, () => describeSession(screen, session));
    });

async function liveOrEnded(client: Remote['client'], id: string): Promise<SessionView> {
  try {
    return await client.call('getSession', { params: { id } });
  } catch (error) {
    if (!(error instanceof ProblemError) || error.status !== 404) throw error;
    const { sessions } = await client.call('getHistory', { params: { id } });
    const last = sessions[0];
    if (!last) throw error;
    return last;
  }
}

const counts = (record: Readonly<Record<string, number | string>>): string =>
  Object.entries(record)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ') || '-';

/** The providers' numbers, not shortened: people compare them with a bill. */
function printTokens({ tokens }: SessionView): string {
  const parts = [
    ['cached', tokens.cached_input],
    ['cache write', tokens.cache_write_input],
    ['reasoning', tokens.reasoning_output],
    ['estimated', tokens.estimated],
  ] as const;
  const told = parts.filter(([, count]) => count > 0).map(([name, count]) => `${name} ${count}`);
  return `${tokens.input} / ${tokens.output}${told.length > 0 ? ` (${told.join(', ')})` : ''}`;
}

const printModels = ({ models }: SessionView): string =>
  models
    .map(({ backend, model, requests, tokens }) => {
      return `${model}@${backend}: ${plural(requests, 'request')}, ${tokens.input}/${tokens.output}`;
    })
    .join('; ') || '-';

function describeSession(screen: Screen, session: SessionView): string {
  const standing = session.reason || session.actor ? `${session.reason || 'no reason given'} (${session.actor})` : '-';
  return fields(screen, [
    ['session', session.id],
    ['name', session.display_name],
    ['state', session.end_reason ? `${session.state} (${session.end_reason})` : session.state],
    ['incarnation', String(session.incarnation)],
    ['tenant', session.tenant],
    ['principal', session.principal],
    ['agent', session.agent || '-'],
    ['workflow', session.workflow || '-'],
    ['parent', session.parent ?? '-'],
    ['tags', counts(session.tags)],
    ['recognised by', session.hint_kind],
    ['backends', counts(session.backends_used)],
    ['requests', String(session.requests)],
    ['bytes in / out', `${printBytes(session.bytes_in)} / ${printBytes(session.bytes_out)}`],
    ['tokens in / out', printTokens(session)],
    ['models', printModels(session)],
    ['tool calls', session.tool_calls === 0 ? '-' : `${session.tool_calls}: ${counts(session.tools)}`],
    ['violations', String(session.violations)],
    ['risk score', printRisk(session.risk)],
    ['policy', session.policy || '-'],
    ['started', `${printInstant(session.started_at)} (${printDuration(session.duration_ms)})`],
    ['last seen', `${printInstant(session.last_at)} (${printDuration(session.idle_ms)} ago)`],
    ['ended', printInstant(session.ended_at)],
    ['order', standing],
    ['until', printInstant(session.until)],
    ['client', session.client_addr],
    ['edge', session.edge],
  ]);
}
