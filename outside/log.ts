/** The part of a pino logger that the stand-ins use. */
export interface OutsideLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** For tests and for callers that print their own banner. */
export const silentLog: OutsideLog = { info: () => undefined, warn: () => undefined };

/** One JSON object a line on standard output, as every program of the platform writes its log. */
export const jsonLog: OutsideLog = {
  info: (fields, message) => write('info', fields, message),
  warn: (fields, message) => write('warn', fields, message),
};

function write(level: string, fields: object, message: string): void {
  process.stdout.write(`${JSON.stringify({ level, time: new Date().toISOString(), ...fields, msg: message })}\n`);
}
