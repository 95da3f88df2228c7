/** Gives an order and says what came of it. */
import type { OrderReply } from '@elida/contracts/api';
import type { Command } from 'commander';
import { Option } from 'commander';
import { confirm, type RemoteFlags, remote, remoteCommand, type Shell } from './shell.ts';
import { addTargetFlags, printTarget, type TargetFlags, targetOf } from './target.ts';
import type { Screen } from './terminal/screen.ts';
import { plural, printInstant } from './terminal/wording.ts';
import { addWindowFlags, type WindowFlags, windowOf } from './window.ts';

type Kind = 'kill' | 'hold' | 'resume' | 'terminate' | 'block';
interface OrderFlags extends RemoteFlags, TargetFlags, WindowFlags {
  readonly reason?: string;
  readonly dryRun?: boolean;
}

const DONE: Readonly<Record<OrderReply['kind'], string>> = {
  kill: 'killed',
  hold: 'held',
  resume: 'resumed',
  terminate: 'terminated',
  end: 'ended',
  block: 'blocked',
  unblock: 'unblocked',
};

/** `kill [session]` with targets, --reason and --dry-run; `window` adds how long. */
export function orderCommand(shell: Shell, kind: Kind, description: string, window: boolean): Command {
  const command = addTargetFlags(remoteCommand(kind === 'block' ? 'set' : kind, description))
    .argument('[session]', 'session id or display name')
    .addOption(new Option('--reason <text>', 'shown to the client'))
    .addOption(new Option('--dry-run', 'say what it would meet, change nothing'));
  if (window) addWindowFlags(command);
  return command.action(async (session: string | undefined, flags: OrderFlags) => {
    const selector = targetOf(flags, session);
    const { client, screen } = remote(shell, flags);
    if (selector.scope === 'all' && !flags.yes && !flags.dryRun) {
      await confirm(shell, screen, `This will ${kind} everything.`);
    }
    const order = await client.call('createOrder', {
      body: {
        kind,
        selector,
        ...windowOf(flags),
        ...(flags.reason === undefined ? {} : { reason: flags.reason }),
        dry_run: flags.dryRun === true,
      },
    });
    screen.result(order, () => describeOrder(screen, order));
  });
}

export function describeOrder(screen: Screen, order: OrderReply): string {
  const { edges } = order;
  if (order.dry_run) {
    return `would meet ${plural(order.sessions, 'live session')} and cut ${plural(order.exchanges_cut, 'exchange')} (dry run)`;
  }
  const lines = [
    `${screen.paint('bold', DONE[order.kind])} ${printTarget(order.selector)}${standing(order)}: ` +
      `${plural(order.sessions, 'session')}, ${plural(order.exchanges_cut, 'running exchange')} cut, ` +
      `${edges.acked} of ${plural(edges.of, 'edge')} in ${Math.round(order.elapsed_ms)} ms ${screen.paint('dim', order.order_id)}`,
  ];
  if (edges.missing.length > 0) lines.push(screen.paint('yellow', `not answered yet: ${edges.missing.join(', ')}`));
  if (!order.durable)
    lines.push(screen.paint('yellow', 'not on disk yet: the database is gone, written when it returns'));
  if (!order.enforced)
    lines.push(
      screen.paint(
        'yellow',
        'the session store is gone: running exchanges are cut, new ones meet the order when it returns',
      ),
    );
  return lines.join('\n');
}

function standing(order: OrderReply): string {
  if (!['kill', 'hold', 'block'].includes(order.kind)) return '';
  return order.until === null ? ' for good' : ` until ${printInstant(order.until)}`;
}
