import { contracts } from '#contracts/all.ts';
import type { Contract } from '#contracts/common/define.ts';
import { COMMON_ERRORS } from '#contracts/common/problem.ts';

export interface ProblemOptions {
  /** What is wrong in this very case, in the words of the caller's language where it is known. */
  detail?: string;
  /** Faulty fields: JSON pointer into the input, and what is wrong. */
  errors?: { pointer: string; detail: string }[];
  /** Seconds after which another try makes sense; becomes `Retry-After`. */
  retryAfter?: number;
  status?: number;
  cause?: unknown;
}

/**
 * The one error type. `code` is declared: a common error or one of the service's contract. Compared by code, also
 * after it crossed the wire; the problem document (RFC 9457) is made of it at the edge only.
 */
export class Problem extends Error {
  readonly code: string;
  readonly detail: string | undefined;
  readonly errors: { pointer: string; detail: string }[] | undefined;
  readonly retryAfter: number | undefined;
  /** Set when the code is not declared here but came over the wire. */
  readonly status: number | undefined;

  constructor(code: string, options: ProblemOptions = {}) {
    super(options.detail ? `${code}: ${options.detail}` : code, { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    this.detail = options.detail;
    this.errors = options.errors;
    this.retryAfter = options.retryAfter;
    this.status = options.status;
  }
}

export function isProblem(error: unknown, code?: string): error is Problem {
  return error instanceof Problem && (code === undefined || error.code === code);
}

/** Status and title of a code, from the common errors and the service's own. Unknown codes are internal errors. */
export function describeProblem(
  code: string,
  own: Readonly<Record<string, { status: number; title: { ru: string; en: string } }>>,
) {
  return (
    own[code] ?? COMMON_ERRORS[code as keyof typeof COMMON_ERRORS] ?? declaredAnywhere(code) ?? COMMON_ERRORS.internal
  );
}

/** An error of a service behind the one that answers: `roles.last_admin` of an act of the administration. */
function declaredAnywhere(code: string) {
  const contract: Contract | undefined = (contracts as Record<string, Contract>)[code.split('.')[0] ?? ''];
  return contract?.errors[code];
}
