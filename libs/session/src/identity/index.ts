/** Identity: from what a request says and who sends it to the session it belongs to. Pure; HMAC comes in as a function. */
export { isClientProbe } from './agents.ts';
export * from './derive.ts';
export * from './find-hints.ts';
export { isOwnHeader, OWN_HEADER_PREFIXES, OWN_HEADERS } from './headers.ts';
export type { Hint, HintScope, Mac } from './hint.ts';
export { agentFingerprint, type Labels } from './labels.ts';
