/** Secrets that a caller and a provider say, and where they turn up. */
import { unfolded } from './grep.ts';
import { noLadder, policyEntry, rule } from './policies.ts';
import { chunk, reply, type Script } from './upstream.ts';

/** One of each of the seeds' ten patterns. */
export const PLANTED = {
  email: 'planted.person@example.com',
  ssn: '123-45-6789',
  card: '4111 1111 1111 1111',
  phone: '(555) 123-4567',
  api_key: 'sk-plantedabcdef0123456789',
  bearer: 'plantedbearertokenplantedbearertoken',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJwbGFudGVkIjoiMSJ9.cGxhbnRlZHNpZ25hdHVyZQ',
  aws: 'AKIAIOSFODNN7EXAMPLE',
  password: 'plantedhunter2',
  address: '192.168.77.100',
} as const;
export const SAID = `${PLANTED.email}, ${PLANTED.ssn}, ${PLANTED.card}, ${PLANTED.phone}, ${PLANTED.api_key}, ${PLANTED.jwt}, ${PLANTED.aws}, password: ${PLANTED.password}, ${PLANTED.address}`;

/** Says all of it: at once, in pieces of a few letters, and as a tool's arguments. */
export const planting: Script = ({ socket, target, body }) => {
  const call = { id: 'call_1', type: 'function', function: { name: SAID, arguments: JSON.stringify({ note: SAID }) } };
  const head = `x-note: ${PLANTED.api_key}\r\ncontent-type:`;
  if (!body.toString().includes('"stream":true')) {
    const message = { role: 'assistant', content: SAID, tool_calls: [call] };
    const json = JSON.stringify({ id: 'c', model: SAID, choices: [{ index: 0, message }], target });
    socket.write(reply(json, `HTTP/1.1 200 OK\r\n${head} application/json`));
    return;
  }
  socket.write(`HTTP/1.1 200 OK\r\n${head} text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n`);
  const event = (delta: object): void => {
    socket.write(chunk(`data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta }] })}\n\n`));
  };
  for (const piece of SAID.match(/.{1,5}/gs) ?? []) event({ content: piece });
  event({ tool_calls: [{ index: 0, ...call, function: { name: 'note', arguments: '' } }] });
  for (const piece of call.function.arguments.match(/.{1,7}/gs) ?? [])
    event({ tool_calls: [{ index: 0, function: { arguments: piece } }] });
  socket.write(chunk('data: [DONE]\n\n'));
  socket.write('0\r\n\r\n');
};

/** Flags both sides. */
export const ABOUT_PLANTED = policyEntry({
  ...noLadder,
  rules: [rule('about', 'flag', 'planted', { target: 'both' })],
});

/** Which of them are in a text, as they are or percent-encoded, in whatever it is wrapped. */
export function plantedIn(text: string): string[] {
  const all = unfolded(text);
  return Object.entries(PLANTED)
    .filter(([, secret]) => all.includes(secret) || all.includes(encodeURIComponent(secret)))
    .map(([name]) => name);
}
