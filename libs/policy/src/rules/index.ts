/** All shipped rules, one list a family. Presets choose of them. */
import type { RuleDocument } from '../model.ts';
import { AGENCY } from './agency.ts';
import { EVASION } from './evasion.ts';
import { INDIRECT_INJECTION } from './indirect-injection.ts';
import { INSECURE_OUTPUT } from './insecure-output.ts';
import { JAILBREAK } from './jailbreak.ts';
import { LIMITS_RULES } from './limits.ts';
import { MODEL_ABUSE } from './model-abuse.ts';
import { PROMPT_INJECTION } from './prompt-injection.ts';
import { PROMPT_INJECTION_LANGUAGES } from './prompt-injection-languages.ts';
import { PROMPT_INJECTION_ZH } from './prompt-injection-zh.ts';
import { SENSITIVE_DATA } from './sensitive-data.ts';
import { TASK_SWITCH } from './task-switch.ts';

export const SHIPPED_RULES: readonly RuleDocument[] = [
  ...LIMITS_RULES,
  ...PROMPT_INJECTION,
  ...JAILBREAK,
  ...TASK_SWITCH,
  ...PROMPT_INJECTION_ZH,
  ...PROMPT_INJECTION_LANGUAGES,
  ...INDIRECT_INJECTION,
  ...EVASION,
  ...SENSITIVE_DATA,
  ...INSECURE_OUTPUT,
  ...AGENCY,
  ...MODEL_ABUSE,
];
