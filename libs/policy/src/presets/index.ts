/** The shipped presets. */
import { codingAgent } from './coding-agent.ts';
import { minimal } from './minimal.ts';
import type { Preset } from './preset.ts';
import { standard } from './standard.ts';
import { strict } from './strict.ts';

export type { Preset } from './preset.ts';
export const PRESETS: readonly Preset[] = [minimal, standard, strict, codingAgent];
