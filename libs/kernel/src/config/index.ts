/** Configuration: the environment of a process, the YAML file, and how flags, environment, file and defaults layer. */

export { defaultBackend } from './cross-checks.ts';
export * from './environment.ts';
export * from './exposure.ts';
export * from './load.ts';
export * from './problem.ts';
export * from './wiring.ts';
export { printYaml, readYaml, type YamlSource } from './yaml-source.ts';
