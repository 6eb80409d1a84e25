/**
 * The platform can't start for a reason its operator can mend. `message` is one line that says what is wrong and what
 * to do; whoever starts the process prints it alone, without a stack, and exits with `exitCode`.
 * 78 (EX_CONFIG) is for a setting to change, 69 (EX_UNAVAILABLE) for a resource that is taken or broken.
 */
export class StartError extends Error {
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message.replace(/\s*\n\s*/g, ' | '), { cause: options.cause });
    this.name = 'StartError';
    this.exitCode = options.exitCode ?? 69;
  }
}

/** The code of a failed system call (`EACCES`, `ENOENT` …), or undefined for any other value. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
