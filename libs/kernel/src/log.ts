/** Structured logs: one JSON object a line on stderr. Fields are redacted by the redactor that compose passes in. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  child(fields: LogFields): Log;
}

const ORDER: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

const plain = (value: unknown): unknown =>
  value instanceof Error
    ? { name: value.name, message: value.message, ...(value.cause ? { cause: plain(value.cause) } : {}) }
    : value;

export interface LogOptions {
  readonly level: LogLevel;
  readonly write?: (line: string) => void;
  readonly redact?: (text: string) => string;
  readonly base?: LogFields;
}

export function createLog(options: LogOptions): Log {
  const write = options.write ?? ((line: string) => process.stderr.write(line));
  const redact = options.redact ?? ((text: string) => text);
  const least = ORDER.indexOf(options.level);
  const emit = (level: LogLevel, event: string, fields: LogFields = {}): void => {
    if (ORDER.indexOf(level) < least) return;
    const record: Record<string, unknown> = { time: new Date().toISOString(), level, event, ...options.base };
    for (const [key, value] of Object.entries(fields)) record[key] = plain(value);
    write(`${redact(JSON.stringify(record))}\n`);
  };
  return {
    debug: (event, fields) => emit('debug', event, fields),
    info: (event, fields) => emit('info', event, fields),
    warn: (event, fields) => emit('warn', event, fields),
    error: (event, fields) => emit('error', event, fields),
    child: (fields) => createLog({ ...options, base: { ...options.base, ...fields } }),
  };
}

export const silentLog: Log = createLog({ level: 'error', write: () => {} });
