import { pino } from 'pino';
import { currentCall } from './call-context.ts';
import { cleanFields, scrub } from './log/clean.ts';
import { prettyLine } from './log/pretty.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
/** Pino's number of the level. */
const WARN = 40;
type Write = (fields: Record<string, unknown>, message: string) => void;

/**
 * Fields and a sentence. An error goes under `err`. What is named like a secret is censored at any depth, whatever the
 * spelling; a field `code` too (it may be a one-time code), so an error's code is logged as `errorCode`.
 */
export interface Logger {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
  /** A logger that adds fields to every line. */
  child(fields: Record<string, unknown>): Logger;
}

export interface LogOptions {
  level: LogLevel;
  service?: string;
  /** A line a person reads, instead of JSON. */
  pretty: boolean;
  /** With colours; pretty lines only. */
  colour?: boolean;
  /** Asked for each line: true leaves out what is no warning. */
  hushed?: () => boolean;
  /** Takes each line with its line feed. Default: standard output. */
  write?: (line: string) => void;
}

/** JSON lines (or short ones for a terminal) with the request and trace id of the running call. */
export function createLogger(options: LogOptions): Logger {
  const write = options.write ?? toStdout;
  const logger = pino(
    {
      level: options.level,
      base: options.service === undefined ? {} : { service: options.service },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }), log: cleanFields },
      // `cleanFields` has written the error already.
      serializers: { err: (error: unknown) => error },
      hooks: {
        logMethod(args, method, level) {
          if (level >= WARN || options.hushed?.() !== true) method.apply(this, args);
        },
      },
      mixin() {
        const call = currentCall();
        return call ? { requestId: call.requestId, traceId: call.traceId } : {};
      },
    },
    {
      write: options.pretty
        ? (line: string) => write(prettyLine(scrub(line), options.colour))
        : (line: string) => write(scrub(line)),
    },
  );
  // Its own formatter of bindings holds for the first logger only; children inherit this.
  const plainChild = logger.child;
  logger.child = function child(this: unknown, fields: Record<string, unknown>) {
    return plainChild.call(this as typeof logger, cleanFields(fields));
  } as typeof logger.child;
  return logger as unknown as Logger;
}

let guarded = false;
let gathered = '';

/**
 * Lines of one turn of the loop go out in one write: a call to the system for each was a twentieth of a busy gateway's work.
 * A reader that went away or a full disk costs the lines, not the process.
 */
function toStdout(line: string): void {
  if (!guarded) {
    guarded = true;
    process.stdout.on('error', () => {});
    // What was gathered in the last turn; files and terminals take it at once.
    process.on('exit', flush);
  }
  if (gathered === '') setImmediate(flush);
  gathered += line;
}

function flush(): void {
  const lines = gathered;
  gathered = '';
  if (lines !== '') process.stdout.write(lines);
}
