/** All failures: code -> exit status of the program and HTTP status of the hub. */
export const failures = {
  bad_usage: { exit: 2, http: 400 },
  bad_setting: { exit: 2, http: 400 },
  not_found: { exit: 1, http: 404 },
  wrong_method: { exit: 1, http: 405 },
  settings_unreadable: { exit: 1, http: 409 },
  busy: { exit: 1, http: 409 },
  directory_unusable: { exit: 1, http: 500 },
  file_refused: { exit: 1, http: 500 },
  write_failed: { exit: 1, http: 500 },
  disk_full: { exit: 1, http: 507 },
  output_failed: { exit: 1, http: 500 },
  output_closed: { exit: 0, http: 500 },
  ledger_newer: { exit: 1, http: 500 },
  program_missing: { exit: 1, http: 503 },
  answer_unusable: { exit: 1, http: 502 },
  unhealthy: { exit: 1, http: 503 },
  unauthorized: { exit: 1, http: 401 },
  forbidden: { exit: 1, http: 403 },
  too_large: { exit: 1, http: 413 },
  too_many: { exit: 1, http: 429 },
  bad_frame: { exit: 1, http: 400 },
  wrong_version: { exit: 1, http: 426 },
  machine_known: { exit: 1, http: 409 },
  hub_away: { exit: 1, http: 503 },
  hub_untrusted: { exit: 1, http: 502 },
  internal: { exit: 70, http: 500 },
} as const;

/** The code of a failure. */
export type FailureCode = keyof typeof failures;
/** Whether a text, such as one of another process or machine, is the code of a failure. */
export const isFailureCode = (text: string): text is FailureCode => Object.hasOwn(failures, text);

/** The only error that the program throws: what failed (code, message), what to do about it (hint), and the cause. */
export class PawprintError extends Error {
  readonly code: FailureCode;
  readonly hint: string;

  /** Compares names, because each file of the bundle has its own copy of this class. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Error.isError(value) && value.name === "PawprintError";
  }

  constructor(code: FailureCode, message: string, hint: string, cause?: unknown) {
    super(message, { cause });
    this.name = "PawprintError";
    this.code = code;
    this.hint = hint;
  }
}

/** The errno name (ENOSPC, EACCES, ...) that an exception or one of its causes carries, or null. */
export function errnoOf(error: unknown): string | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof PawprintError) continue;
    const code: unknown = (at as { code?: unknown }).code;
    if (typeof code === "string") return code;
  }
  return null;
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
