/** libs/policy behind a memory: the same content is compiled once. */
import { createHash } from 'node:crypto';
import { type Compilation, type CompiledPolicy, compilePolicy, createExplainer, scanEngine } from '@elida/policy';
import { canonicalJson } from '../publisher/canonical-json.ts';

/** Policies, each by itself and beside its tenants' layers; the oldest makes room. */
const KNOWN_MAX = 512;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export class PolicyCompiler {
  readonly #known = new Map<string, Compilation>();
  readonly #explainers = new WeakMap<CompiledPolicy, ReturnType<typeof createExplainer>>();
  readonly #published = new WeakMap<CompiledPolicy, { readonly json: string; readonly hash: string }>();

  /** @param tenant the layer between the preset and the policy. */
  compile(content: unknown, tenant?: unknown): Compilation {
    const key = sha256(canonicalJson([content, tenant ?? null]));
    const known = this.#known.get(key);
    if (known) return known;
    const options = { engine: scanEngine, ...(tenant === undefined ? {} : { tenant }) };
    const compiled = compilePolicy(content, options);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= KNOWN_MAX) this.#known.delete(oldest);
    this.#known.set(key, compiled);
    return compiled;
  }

  explainer(policy: CompiledPolicy): ReturnType<typeof createExplainer> {
    const known = this.#explainers.get(policy) ?? createExplainer(policy, scanEngine);
    this.#explainers.set(policy, known);
    return known;
  }

  /** As a snapshot carries it; `hash` is the SHA-256 (hex) of `json`. */
  published(policy: CompiledPolicy): { readonly json: string; readonly hash: string } {
    const known = this.#published.get(policy);
    if (known) return known;
    const json = canonicalJson(policy);
    const made = { json, hash: sha256(json) };
    this.#published.set(policy, made);
    return made;
  }
}
