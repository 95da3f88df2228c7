/** The private server of the standalone mode, and what it takes to run a server of one's own. */
export { type Account, unprivilegedAccount } from './account.ts';
export { type Binaries, findBinaries } from './binaries.ts';
export { type EmbeddedOptions, type EmbeddedPostgres, startEmbeddedPostgres } from './server.ts';
