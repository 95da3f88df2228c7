import { type Preset, rulesOf } from './preset.ts';

const watch = { observe: true } as const;

export const codingAgent: Preset = {
  name: 'coding-agent',
  description:
    'For agents that write code: tool calls are judged, text is only watched, because code and its documents speak of everything.',
  rules: rulesOf({
    rate_limit_high: { threshold: 240 },
    high_request_count: { threshold: 2_000 },
    hidden_tag_characters: {},
    hidden_bidi_override: watch,
    prompt_injection_ignore: watch,
    prompt_injection_system_tag: watch,
    prompt_injection_jailbreak: watch,
    prompt_injection_ignore_languages: watch,
    prompt_injection_ignore_zh: watch,
    prompt_injection_jailbreak_zh: watch,
    indirect_injection_zh: watch,
    indirect_injection_orders: watch,
    indirect_injection_address: watch,
    data_exfiltration_order_zh: watch,
    data_exfiltration_order: watch,
    api_key_request: watch,
    api_key_response: { action: 'flag', severity: 'warning' },
    pii_ssn: watch,
    pii_credit_card: watch,
    output_shell_commands: watch,
    output_data_exfil_image: watch,
    dangerous_tool_arguments: {},
    tool_remote_script: { action: 'flag', severity: 'warning' },
    tool_credential_access: {},
    tool_network_exfiltration: {},
    tool_privilege_escalation: watch,
    tool_network_scanning: watch,
    block_dangerous_tools: {},
    shell_execution_request: watch,
    destructive_file_ops_request: watch,
    privilege_escalation_request: watch,
    untrusted_models: {},
  }),
};
