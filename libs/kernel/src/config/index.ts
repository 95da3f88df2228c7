/** Configuration: the environment of a process, the YAML file, and how flags, environment, file and defaults layer. */
export * from './environment.ts';
export * from './load.ts';
export * from './problem.ts';
