/** Where each family stands in the frameworks: OWASP Top 10 for LLM applications (2025, and v1.1 of 2023), MITRE ATLAS. */
export const REFS = {
  injection: { owasp_llm_2025: ['LLM01'], owasp_llm_v1_1: ['LLM01'], mitre_atlas: ['AML.T0051.000'] },
  indirectInjection: { owasp_llm_2025: ['LLM01'], owasp_llm_v1_1: ['LLM01'], mitre_atlas: ['AML.T0051.001'] },
  jailbreak: { owasp_llm_2025: ['LLM01'], owasp_llm_v1_1: ['LLM01'], mitre_atlas: ['AML.T0054'] },
  obfuscation: { owasp_llm_2025: ['LLM01'], owasp_llm_v1_1: ['LLM01'], mitre_atlas: ['AML.T0068'] },
  promptLeak: { owasp_llm_2025: ['LLM07'], owasp_llm_v1_1: ['LLM06'], mitre_atlas: ['AML.T0056'] },
  output: { owasp_llm_2025: ['LLM05'], owasp_llm_v1_1: ['LLM02'] },
  consumption: { owasp_llm_2025: ['LLM10'], owasp_llm_v1_1: ['LLM04'], mitre_atlas: ['AML.T0029', 'AML.T0034'] },
  supplyChain: { owasp_llm_2025: ['LLM03'], owasp_llm_v1_1: ['LLM05'], mitre_atlas: ['AML.T0010'] },
  sensitive: { owasp_llm_2025: ['LLM02'], owasp_llm_v1_1: ['LLM06'], mitre_atlas: ['AML.T0057'] },
  credentials: { owasp_llm_2025: ['LLM02'], owasp_llm_v1_1: ['LLM06'], mitre_atlas: ['AML.T0055'] },
  tools: { owasp_llm_2025: ['LLM06'], owasp_llm_v1_1: ['LLM07'], mitre_atlas: ['AML.T0053'] },
  agency: { owasp_llm_2025: ['LLM06'], owasp_llm_v1_1: ['LLM08'], mitre_atlas: ['AML.T0050'] },
  reliance: { owasp_llm_2025: ['LLM09'], owasp_llm_v1_1: ['LLM09'], mitre_atlas: ['AML.T0048'] },
  theft: { owasp_llm_2025: ['LLM10'], owasp_llm_v1_1: ['LLM10'], mitre_atlas: ['AML.T0024'] },
};
