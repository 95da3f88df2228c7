import type { ViolationView } from '@elida/contracts/api';
import { type Command, Option } from 'commander';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { type Screen, table } from '../terminal/screen.ts';
import { printInstant } from '../terminal/wording.ts';

interface ListFlags extends RemoteFlags {
  readonly session?: string;
  readonly rule?: string;
  readonly severity?: 'info' | 'warning' | 'critical';
  readonly category?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
}

export const violationsList = (shell: Shell): Command =>
  remoteCommand('list', 'What rules found, newest first; what was matched is redacted')
    .alias('ls')
    .addOption(new Option('--session <id>'))
    .addOption(new Option('--rule <name>'))
    .addOption(new Option('--severity <severity>', 'the effective one').choices(['info', 'warning', 'critical']))
    .addOption(new Option('--category <name>'))
    .addOption(new Option('--since <time>', 'RFC 3339'))
    .addOption(new Option('--until <time>', 'RFC 3339'))
    .addOption(new Option('--limit <n>', 'at most this many').default('50'))
    .action(async (flags: ListFlags) => {
      const { client, screen } = remote(shell, flags);
      const { session, rule, severity, category, since, until, limit } = flags;
      const list = await client.call('listViolations', {
        query: {
          limit,
          ...(session && { session }),
          ...(rule && { rule }),
          ...(severity && { severity }),
          ...(category && { category }),
          ...(since && { since }),
          ...(until && { until }),
        },
      });
      screen.result(list, () => violationTable(screen, list.violations));
      if (list.next_cursor) screen.note(screen.paint('dim', `more than ${limit}: --limit shows more`));
    });

export function violationTable(screen: Screen, violations: readonly ViolationView[]): string {
  const rows = violations.map((violation) => [
    printInstant(violation.at),
    violation.effective_severity,
    violation.rule_name,
    violation.session,
    violation.message_index < 0 ? violation.source_role : `${violation.source_role} #${violation.message_index}`,
    violation.enforced ? violation.action : `(${violation.action})`,
    violation.points === 0 ? '-' : violation.points.toFixed(1),
    violation.matched_text || (violation.value === null ? '' : String(violation.value)),
  ]);
  return table(screen, ['AT', 'SEVERITY', 'RULE', 'SESSION', 'WHOSE', 'ACTION', 'POINTS', 'MATCH'], rows);
}
