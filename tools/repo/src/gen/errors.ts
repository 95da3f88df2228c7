/** docs/errors.md from FAULTS. */
import { FAULTS, type FaultSpec } from '@elida/contracts';
import { type Generated, HEAD, table } from './generated.ts';

const BLAME: Readonly<Record<FaultSpec['blame'], string>> = {
  caller: 'the request',
  policy: 'a decision of a policy or a person',
  dependency: 'something ELIDA needs is gone or full',
  provider: 'the provider',
  elida: 'a bug here',
};

export const errors: Generated = {
  path: 'docs/errors.md',
  render() {
    const rows = Object.entries(FAULTS).map(([code, spec]) => [
      `\`${code}\``,
      String(spec.status),
      BLAME[spec.blame],
      spec.retry ? 'yes' : 'no',
      spec.title,
    ]);
    return `${HEAD}
# Errors

Every error has a code. On the proxy it is in \`x-elida-code\`, and the body has the provider's own shape; on \`/api/v1\` it is the \`code\` of a
problem document (RFC 9457); on \`/control/*\` it is \`error\`. \`x-elida-request-id\` finds the log line that has the rest. A Responses client is
refused with 400 where this table says 403, because some clients ask again after a 403 (\`architecture.md\`).

${table(['code', 'status', 'because of', 'asking again can help', 'meaning'], rows)}`;
  },
};
