/** No open door by accident: a listener beyond loopback needs a way to tell callers apart, or an explicit word. */
import { type ConfigFile, isLoopbackHost, printListen } from '@elida/contracts';
import { type ConfigProblem, problemAt } from './problem.ts';
import type { Credentials, Wiring } from './wiring.ts';

/** Startup refuses with these. A control listener beyond loopback always asks for a key unless the file forbids it to. */
export function exposureProblems(
  wiring: Pick<Wiring, 'proxy' | 'control'>,
  file: ConfigFile,
  credentials: Credentials,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const { auth } = file.proxy;
  const recognises =
    auth.enabled ?? (auth.api_key !== undefined || auth.trusted_networks.length > 0 || credentials.client);
  if (!isLoopbackHost(wiring.proxy.host) && !recognises && !auth.allow_insecure) {
    problems.push(
      problemAt(
        'proxy.auth',
        `the proxy would listen on ${printListen(wiring.proxy)} for anybody. Set proxy.auth.enabled: true (callers need a key, see \`elida keys create\`), proxy.auth.api_key or proxy.auth.trusted_networks, listen on 127.0.0.1, or say proxy.auth.allow_insecure: true`,
      ),
    );
  }
  const control = file.control.auth;
  if (!isLoopbackHost(wiring.control.host) && control.enabled === false && !control.allow_insecure) {
    problems.push(
      problemAt(
        'control.auth',
        `the control API would listen on ${printListen(wiring.control)} without keys. Remove control.auth.enabled: false, listen on 127.0.0.1, or say control.auth.allow_insecure: true`,
      ),
    );
  }
  return problems;
}
