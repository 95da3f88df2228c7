/**
 * The house's own tools: real backends and guarded child processes for tests and benchmarks. Nothing that ships imports it.
 */
export * from './backends/index.ts';
export { type Child, type ChildOptions, startChild } from './child.ts';
export { type Cluster, type ClusterOptions, startCluster } from './cluster/cluster.ts';
export type { Service } from './cluster/service.ts';
