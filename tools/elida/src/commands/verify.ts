import { statSync } from 'node:fs';
import { Command, Option } from 'commander';
import { CommandError, EXIT } from '../exit-code.ts';
import type { Shell } from '../shell.ts';
import { createScreen, plain, type Screen } from '../terminal/screen.ts';
import { plural } from '../terminal/wording.ts';
import type { Finding, LogReport, VerifyReport } from '../verify/finding.ts';
import { parseKey } from '../verify/signed-note.ts';
import { verifyExport } from '../verify/verify-export.ts';

interface VerifyFlags {
  readonly checkpoints?: string;
  readonly key?: readonly string[];
  readonly json?: boolean;
}

/** Exit code 1 where anything was found. */
export const verify = (shell: Shell): Command =>
  new Command('verify')
    .description('Check an export of the audit log, offline: whole and unaltered, or what was done to it and where')
    .argument('<path>', 'a file of `elida export`, or a folder of them')
    .addOption(new Option('--checkpoints <file>', 'checkpoints that were kept outside of the database'))
    .addOption(new Option('--key <key...>', 'the public key that is trusted, as name+id+key'))
    .addOption(new Option('--json', 'for programs: JSON on stdout'))
    .action(async (path: string, flags: VerifyFlags) => {
      const screen = createScreen(flags.json === true, shell.streams);
      const keys = (flags.key ?? []).map((text) => parseKey(text) ?? usage(`--key ${text}: not a public key`));
      for (const file of [path, ...(flags.checkpoints ? [flags.checkpoints] : [])]) {
        if (!statSync(file, { throwIfNoEntry: false })) usage(`${file}: there is no such file`);
      }
      const report = await verifyExport({ path, checkpoints: flags.checkpoints, keys });
      screen.result(report, () => describe(screen, report));
      if (!report.valid)
        throw new CommandError(`${plural(report.findings.length, 'finding')}: ${path} is not as it was`);
    });

function usage(message: string): never {
  throw new CommandError(message, EXIT.usage);
}

const FINDINGS_SHOWN = 50;

function describe(screen: Screen, { logs, findings }: VerifyReport): string {
  const shown = findings.slice(0, FINDINGS_SHOWN).map((finding) => describeFinding(screen, finding));
  const rest = findings.length - shown.length;
  return [...logs.map(describeLog), ...shown, ...(rest > 0 ? [`and ${rest} more (--json has all)`] : [])].join('\n');
}

function describeFinding(screen: Screen, { name, log, from, to, detail }: Finding): string {
  const where = to === from ? '' : to === from + 1 ? ` leaf ${from}` : ` leaves ${from} to ${to - 1}`;
  return `${screen.paint('red', name)} ${plain(log)}${where}: ${plain(detail)}`;
}

function describeLog(log: LogReport): string {
  const remarks = [
    log.removed > 0 && `${log.removed} removed by retention`,
    log.outside > 0 && `${log.outside} outside of this export`,
    log.hidden > 0 && `${plural(log.hidden, 'value')} hidden or erased`,
    log.gaps.length > 0 && `${plural(log.gaps.length, 'gap')} in producers' numbers: other logs have these, or nobody`,
    log.uncheckable > 0 && `${plural(log.uncheckable, 'outside checkpoint')} where leaves are gone`,
    log.newer > 0 && `${plural(log.newer, 'outside checkpoint')} newer than the export`,
    log.key_from === 'export' && "the key is the export's own: this proves no author (--key, --checkpoints)",
  ].filter((remark) => remark !== false);
  const counts = `${log.size} leaves, ${log.leaves} read, ${plural(log.checkpoints, 'checkpoint')} agree (${log.anchored} from outside)`;
  return [`${plain(log.origin)} (${log.exported_at}): ${counts}`, ...remarks.map((remark) => `  ${remark}`)].join('\n');
}
