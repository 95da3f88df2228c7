/** The ten patterns of the seeds, in order of precedence. They match by shape: no validator spares an example. */
import type { Detector } from '../span.ts';
import { findApiKeys, findAwsKeys, findBearerTokens, findJwts } from './credentials.ts';
import { findEmails } from './email.ts';
import { findNumbers } from './numbers.ts';
import { findPasswords } from './password.ts';

export const builtInDetectors = (options: { readonly redactPrivateIps: boolean }): readonly Detector[] => [
  findPasswords,
  findBearerTokens,
  findJwts,
  findApiKeys,
  findAwsKeys,
  findEmails,
  findNumbers(!options.redactPrivateIps),
];

/** Every built-in match holds one of these: a text without any needs no further look. */
export const MAY_MATCH = /[@\d]|sk-|eyJ|AKIA|ASIA|bearer|passw|pwd|passphrase|elida_/i;
