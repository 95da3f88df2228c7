import { type Preset, rulesOf } from './preset.ts';

export const minimal: Preset = {
  name: 'minimal',
  description: 'Counters, and the few things that are never right: hidden text and commands that destroy the machine.',
  rules: rulesOf({
    rate_limit_high: {},
    high_request_count: {},
    long_running_session: {},
    hidden_tag_characters: {},
    dangerous_tool_arguments: {},
    api_key_response: { action: 'flag' },
  }),
};
