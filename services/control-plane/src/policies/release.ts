/** Stored policies → what a snapshot carries of them. */
import type { createSnapshot } from '@elida/contracts';
import { type ResolvedPolicy, resolvePolicies } from '@elida/policy';
import type { Database } from '@elida/postgres';
import type { Transaction } from 'kysely';
import { canonicalJson } from '../publisher/canonical-json.ts';
import { PolicyCompiler } from './compiler.ts';
import { refusalOf } from './refusal.ts';
import { lastPolicies, type PolicyRow, type PolicyVersions, policiesAt } from './rows.ts';

type Init = NonNullable<Parameters<typeof createSnapshot>[0]>;
type Tx = Transaction<Database>;

export interface Released {
  readonly policies: NonNullable<Init['policies']>;
  /** Of policies and layers, so that a start can compile again what was released, and nothing else. */
  readonly policyVersions: PolicyVersions;
}

export class PolicyRelease {
  readonly compiler = new PolicyCompiler();

  /** Everything that is stored, in its last version. @throws Fault invalid. */
  async everything(tx: Tx): Promise<Released> {
    return this.#released(await lastPolicies(tx));
  }

  /** Of the file what it says now, of others what was released. @throws Fault invalid. */
  async withFile(tx: Tx, released: PolicyVersions): Promise<Released> {
    const written = await this.written(tx);
    const names = new Set(written.map(({ name }) => name));
    const others = (await policiesAt(tx, released)).filter(({ owner, name }) => owner !== 'file' && !names.has(name));
    return this.#released([...written, ...others]);
  }

  /** What the file owns. */
  async written(tx: Tx): Promise<PolicyRow[]> {
    return (await lastPolicies(tx)).filter(({ owner }) => owner === 'file');
  }

  #released(rows: readonly PolicyRow[]): Released {
    const { policies, problems } = resolvePolicies(rows, (content, tenant) => this.compiler.compile(content, tenant));
    if (problems.length > 0) throw refusalOf(problems);
    return {
      policies: policies.map((resolved) => this.#entry(resolved)),
      policyVersions: Object.fromEntries(rows.map(({ name, version }) => [name, version])),
    };
  }

  /** Twice the priority that people gave, so that a tenant's own form of a policy fits between it and the next. */
  #entry({ row, policy, selection, tenants }: ResolvedPolicy<PolicyRow>): Released['policies'][number] {
    const { name, version, owner, content } = row;
    const { json: compiledJson, hash } = this.compiler.published(policy);
    const { priority, match } = selection;
    return {
      name,
      version,
      owner,
      contentJson: canonicalJson(content),
      compiledJson,
      hash,
      priority: 2 * priority + (tenants ? 1 : 0),
      match: {
        tenants: [...(tenants ?? match.tenants)],
        principals: [...match.principals],
        keys: [...match.keys],
      },
    };
  }
}
