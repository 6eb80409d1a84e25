const COLOURS: Readonly<Record<string, string>> = { debug: '90', info: '36', warn: '33', error: '31', fatal: '31' };

/** A JSON log line as a line for a person: time of day, level, service, message, fields. Ids only where something is wrong. */
export function prettyLine(json: string, colour = false): string {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return json;
  }
  const { level, time, service, msg, err, requestId, traceId: _traceId, ...rest } = fields;
  const name = String(level);
  const paint = (code: string, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const wrong = name === 'warn' || name === 'error' || name === 'fatal';
  if (wrong && requestId !== undefined) rest['requestId'] = requestId;
  const details = Object.entries(rest).map(
    ([key, value]) => ` ${oneLine(key)}=${typeof value === 'string' ? oneLine(value) : oneLine(JSON.stringify(value))}`,
  );
  const head = `${paint('90', timeOfDay(time))} ${paint(COLOURS[name] ?? '0', name.padEnd(5))} ${oneLine(String(service ?? 'artel'))}:`;
  const text = msg === undefined ? '' : ` ${oneLine(String(msg))}`;
  return `${head}${text}${paint('90', details.join(''))}${errorText(err, name !== 'warn' && wrong)}\n`;
}

interface WrittenError {
  message?: string;
  stack?: string;
  cause?: WrittenError;
}

/** The message in the line; for an error the stack below it, and those of its causes. */
function errorText(error: unknown, withStack: boolean): string {
  if (typeof error !== 'object' || error === null) return error === undefined ? '' : ` (${oneLine(String(error))})`;
  const { message, stack, cause } = error as WrittenError;
  if (!withStack || !stack) {
    return message ? ` (${oneLine(message)}${cause?.message ? `: ${oneLine(cause.message)}` : ''})` : '';
  }
  const below = stack.split('\n').map((line, i) => `\n  ${i === 0 ? '' : '  '}${oneLine(line.trim())}`);
  return `${below.join('')}${cause?.stack ? `\n  caused by${errorText(cause, true)}` : ''}`;
}

function timeOfDay(time: unknown): string {
  const date = new Date(String(time));
  return Number.isNaN(date.getTime()) ? String(time) : date.toTimeString().slice(0, 8);
}

/** What people entered must not steer the terminal, nor pass for a line of its own. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (char) =>
    char === '\n' ? '⏎' : `\\u${(char.codePointAt(0) as number).toString(16).padStart(4, '0')}`,
  );
}
