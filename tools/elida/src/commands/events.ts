import type { Command } from 'commander';
import type { Shell } from '../shell.ts';
import { eventsList } from './events-list.ts';
import { eventsShow } from './events-show.ts';
import { eventsStats } from './events-stats.ts';
import { eventsWatch } from './events-watch.ts';

export const eventsCommands = (shell: Shell): Command[] => [
  eventsList(shell),
  eventsShow(shell),
  eventsStats(shell),
  eventsWatch(shell),
];
