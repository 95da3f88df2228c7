import { ProblemError } from '@elida/client';
import type { FieldError, Reply } from '@elida/contracts/api';
import { type Command, Option } from 'commander';
import { CommandError, EXIT } from '../exit-code.ts';
import { wholeNumber } from '../flag-number.ts';
import { readText } from '../read-text.ts';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import type { Screen } from '../terminal/screen.ts';
import { plural } from '../terminal/wording.ts';

interface ApplyFlags extends RemoteFlags {
  readonly dryRun?: boolean;
  readonly publish?: boolean;
  readonly ifVersion?: number;
}

export const policiesApply = (shell: Shell): Command =>
  remoteCommand('apply', 'Store a policy; edges get it when it is published')
    .argument('<name>')
    .argument('<file>', 'YAML or JSON; - reads standard input')
    .addOption(new Option('--dry-run', 'only say what is wrong with it'))
    .addOption(new Option('--publish', 'and give it to the edges'))
    .addOption(new Option('--if-version <n>', 'only where this version is the last').argParser(wholeNumber))
    .action(async (name: string, file: string, flags: ApplyFlags) => {
      const { client, screen } = remote(shell, flags);
      const yaml = await readText(shell, file);
      const shown = file === '-' ? 'stdin' : file;
      if (flags.dryRun) {
        const check = await client.call('validatePolicy', { body: { yaml } });
        if (!check.valid) refuse(screen, shown, check.problems);
        tellWarnings(screen, shown, check.warnings);
        screen.result(check, () => `${shown} is valid: ${plural(check.rules, 'rule')}, ${check.mode}`);
        return;
      }
      const options = flags.ifVersion === undefined ? {} : { ifMatch: `"${flags.ifVersion}"` };
      const saved = await client
        .call('putPolicy', { params: { name }, body: { yaml } }, options)
        .catch((error: unknown) => {
          if (error instanceof ProblemError && error.code === 'invalid') refuse(screen, shown, error.problem.errors);
          throw error;
        });
      tellWarnings(screen, shown, saved.warnings);
      const published = flags.publish
        ? await client.call('publishSnapshot', { body: { note: `policy ${name}@${saved.version}` } })
        : null;
      screen.result(published ? { ...saved, published } : saved, () => wordsOf(saved, published?.version));
    });

const wordsOf = ({ name, version }: Reply<'putPolicy'>, published: number | undefined): string =>
  published === undefined
    ? `${name}@${version} is stored; \`elida policies publish\` gives it to the edges`
    : `${name}@${version} is published with snapshot ${published}`;

const line = (file: string, error: FieldError): string => {
  const place = error.line === undefined ? file : `${file}:${error.line}:${error.column ?? 1}`;
  return `${place} ${error.path.replace(/^body\.?(yaml$)?/, '')}: ${error.message}`.replace(' : ', ': ');
};

const tellWarnings = (screen: Screen, file: string, warnings: readonly FieldError[]): void => {
  for (const warning of warnings) screen.note(`warning: ${line(file, warning)}`);
};

/** @throws CommandError with one problem a line, as compilers say it. */
function refuse(screen: Screen, file: string, problems: readonly FieldError[]): never {
  if (screen.json) screen.result({ valid: false, problems }, () => '');
  const text = problems.map((problem) => line(file, problem)).join('\n');
  throw new CommandError(
    screen.json ? 'the policy is not valid' : `${text}\n${plural(problems.length, 'problem')}`,
    EXIT.usage,
  );
}
