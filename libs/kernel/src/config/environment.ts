/**
 * The wiring of a process, read once: `readEnvironment(process.env, z.object({ ELIDA_PORT: env.port.default(8080) }))`.
 * An empty variable counts as missing, as compose files and charts leave them. Values come back frozen.
 */
import { parseDuration } from '@elida/contracts';
import { z } from 'zod';
import { ConfigError, type ConfigProblem, problemAt } from './problem.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const PORT_LINK = /^tcp:\/\//;

/** Schemas of variables: text in, typed value out. */
export const env = {
  text: z.string(),
  /** 0 picks a free port. */
  port: z.string().transform((text, context) => {
    const port = Number(text);
    if (/^\d+$/.test(text) && port <= 65_535) return port;
    context.addIssue({
      code: 'custom',
      message: PORT_LINK.test(text)
        ? 'is a service link of Kubernetes, not a port: set enableServiceLinks: false on the pod'
        : 'must be a port between 0 and 65535',
    });
    return z.NEVER;
  }),
  count: z.string().transform((text, context) => {
    if (/^\d{1,15}$/.test(text)) return Number(text);
    context.addIssue({ code: 'custom', message: 'must be a whole number' });
    return z.NEVER;
  }),
  /** Milliseconds out. */
  duration: z.string().transform((text, context) => {
    const ms = /^\d+$/.test(text) ? Number(text) : parseDuration(text);
    if (ms !== null) return ms;
    context.addIssue({ code: 'custom', message: 'must be a duration such as 30s, 5m or 1h30m' });
    return z.NEVER;
  }),
  flag: z.string().transform((text, context) => {
    if (/^(true|1|yes|on)$/i.test(text)) return true;
    if (/^(false|0|no|off)$/i.test(text)) return false;
    context.addIssue({ code: 'custom', message: 'must be true or false' });
    return z.NEVER;
  }),
  /** Separated by commas. */
  list: z.string().transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  ),
  url: (...schemes: string[]) =>
    z.string().refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)), {
      message: `must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    }),
  secret: z.string().min(32, 'must be at least 32 characters long'),
} as const;

const message = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_type' && issue.input === undefined
    ? 'is not set'
    : issue.message.replace(/^Invalid/, 'invalid');

export function environmentProblems(issues: readonly z.core.$ZodIssue[]): ConfigProblem[] {
  return issues.map((issue) => problemAt(issue.path.join('.'), message(issue)));
}

/** @throws ConfigError naming every variable that is missing or wrong. */
export function readEnvironment<S extends z.ZodType>(variables: Environment, schema: S): Readonly<z.output<S>> {
  const present = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(present, { reportInput: true });
  if (!parsed.success) throw new ConfigError(environmentProblems(parsed.error.issues));
  return Object.freeze(parsed.data);
}
