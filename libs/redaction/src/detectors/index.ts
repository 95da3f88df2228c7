/** The ten patterns of the seeds, in order of precedence, and what goes beyond them. */
import type { Detector } from '../span.ts';
import { findAssignedSecrets } from './assigned-secrets.ts';
import { findApiKeys, findAwsKeys, findBearerTokens, findJwts } from './credentials.ts';
import { findEmails } from './email.ts';
import { findAddresses, findIbans, findInternationalPhones, findMacs, findSpacedSsns } from './identifiers.ts';
import { findNumbers } from './numbers.ts';
import { findPasswords } from './password.ts';
import { findProviderKeys } from './provider-keys.ts';
import {
  findAzureKeys,
  findBasicAuth,
  findCommandCredentials,
  findMarkedSecrets,
  findPrivateKeys,
  findUrlCredentials,
} from './secret-blocks.ts';

export interface BuiltIn {
  readonly redactPrivateIps: boolean;
  readonly beyondSeeds: boolean;
}

/** The ten match by shape and come first: no validator spares an example. */
export const builtInDetectors = ({ redactPrivateIps, beyondSeeds }: BuiltIn): readonly Detector[] => [
  findPasswords,
  findBearerTokens,
  findJwts,
  findApiKeys,
  findAwsKeys,
  findEmails,
  findNumbers(!redactPrivateIps),
  ...(beyondSeeds
    ? [
        findPrivateKeys,
        findUrlCredentials,
        findBasicAuth,
        findCommandCredentials,
        findProviderKeys,
        findMarkedSecrets,
        findAzureKeys,
        findAssignedSecrets,
        findIbans,
        findAddresses(!redactPrivateIps),
        findInternationalPhones,
        findMacs,
        findSpacedSsns,
      ]
    : []),
];

/** Every built-in match holds one of these: a text without any needs no further look. */
export const MAY_MATCH =
  /[@\d_]|sk-|eyJ|AKIA|ASIA|bearer|basic|passw|pwd|passphrase|curl|:\/\/|-----BEGIN|[a-f]{2}[:-][a-f]{2}[:-]/i;
