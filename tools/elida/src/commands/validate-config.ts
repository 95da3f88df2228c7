import {
  exposureProblems,
  loadConfigFile,
  printProblems,
  readEnvironment,
  wiringEnvironment,
  wiringOf,
} from '@elida/kernel';
import { Command, Option } from 'commander';
import { CommandError, EXIT } from '../exit-code.ts';
import { FILE_CHECKS } from '../file-checks.ts';
import type { Shell } from '../shell.ts';
import { createScreen } from '../terminal/screen.ts';
import { plural } from '../terminal/wording.ts';

/** Exit code 2 where the file would be refused at start. */
export const validateConfig = (shell: Shell): Command =>
  new Command('validate-config')
    .description('Check a configuration file: every mistake, with line and column')
    .argument('<file>')
    .addOption(new Option('--json', 'for programs: JSON on stdout'))
    .action((file: string, flags: { readonly json?: boolean }) => {
      const screen = createScreen(flags.json === true, shell.streams);
      const loaded = loadConfigFile(file, shell.environment, FILE_CHECKS);
      const problems =
        'problems' in loaded
          ? loaded.problems
          : exposureProblems(wiringOf({}, readEnvironment({}, wiringEnvironment), loaded.config), loaded.config, {
              client: Boolean(shell.environment.ELIDA_CLIENT_KEY),
            });
      const warnings = 'problems' in loaded ? [] : loaded.warnings;
      const count = 'problems' in loaded ? 0 : Object.keys(loaded.config.backends).length;
      if (flags.json || problems.length === 0) {
        screen.result({ valid: problems.length === 0, problems, warnings }, () =>
          [`${file} is valid: ${plural(count, 'backend')}`, ...warnings.map((text) => `warning: ${text}`)].join('\n'),
        );
      }
      if (problems.length === 0) return;
      const text = `${printProblems(problems, file)}\n${plural(problems.length, 'problem')}`;
      throw new CommandError(flags.json ? 'the file is not valid' : text, EXIT.usage);
    });
