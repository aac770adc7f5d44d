import { accessSync, constants } from "node:fs";
import { isReport, parseReport } from "../claude/report.ts";
import { isUsageText, parseUsageText } from "../claude/usage-text.ts";
import type { Clock } from "../utils/clock.ts";
import type { Environment } from "../utils/config.ts";
import { parse } from "../utils/json.ts";
import { Answers } from "../claude/control.ts";
import { ESSENTIAL_ONLY, type ControlRequest } from "../claude/program.ts";
import { run, type Runtime } from "../claude/run-claude.ts";
import { redactSecrets, rawStart, scrubEnvironment, secretValues } from "../claude/redact-secrets.ts";
import type { CommandResult } from "../claude/run-command.ts";
import type { ClaudeAnswers, StatusAnswer, UsageAnswer, ClaudeRequest } from "./types.ts";

export { findProgram } from "../claude/program.ts";

interface Options {
  /** Path of the claude program. */
  readonly program: string;
  /** Its working directory: the log directory, which contains no project of the user. */
  readonly directory: string;
  readonly env: Environment;
  readonly clock: Clock;
  /** Timeout for all processes of one query, milliseconds. */
  readonly timeoutMs?: number;
  /** A run with more output than this many bytes is stopped. */
  readonly maxBytes?: number;
}

type AnswerFailure = NonNullable<ClaudeAnswers["failure"]>;

/** Runs the installed Claude Code, only with the argument lists in program.ts. */
export class CommandExecutor {
  readonly #options: Options;
  readonly #secrets: readonly string[];

  constructor(options: Options) {
    this.#options = options;
    this.#secrets = secretValues(options.env);
  }

  /**
   * Queries usage and status over the control protocol. Falls back to the text of /usage if there is no usage; for the status
   * also runs `auth status` and `doctor`, one after the other. Does not throw when the program fails.
   */
  async ask(request: ClaudeRequest): Promise<ClaudeAnswers> {
    const { clock, timeoutMs = 20_000, maxBytes = 2_000_000, program, directory } = this.#options;
    const began = clock.now();
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), timeoutMs);
    const failures: AnswerFailure[] = [];
    try {
      const env = this.#environment(request.onPlan ?? false);
      const runtime: Runtime = { program, directory, env, maxBytes, deadline: stop.signal };
      const { usage, get_status, isUsable } = await this.#control(runtime, request, failures);
      const status = request.status && isUsable ? await this.#status(runtime, get_status, failures) : null;
      return { usage, status, failure: failures[0] ?? null, wallMs: Math.max(clock.now() - began, 0) };
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Returns the user's environment without the variables that the program must not get. An API key is removed if the session
   * is known to run on a plan: the user declined to use the key, but `-p` would use it and report no account and no limits.
   */
  #environment(onPlan: boolean): Record<string, string> {
    const { ANTHROPIC_API_KEY: key, ...env } = scrubEnvironment(this.#options.env);
    return !key || onPlan ? env : { ...env, ANTHROPIC_API_KEY: key };
  }

  /** Returns the version that the program prints, e.g. "2.1.328 (Claude Code)"; null when it prints none. */
  async version(): Promise<string | null> {
    const { program, directory, timeoutMs = 5_000, maxBytes = 4_096 } = this.#options;
    const env = scrubEnvironment(this.#options.env);
    const result = await run(
      { program, directory, env, maxBytes, deadline: AbortSignal.timeout(timeoutMs) },
      "version",
    );
    return result.exit === 0 && result.stdout.trim() !== "" ? result.stdout.trim() : null;
  }

  async #control(
    runtime: Runtime,
    request: ClaudeRequest,
    failures: AnswerFailure[],
  ): Promise<{ usage: UsageAnswer | null; get_status: unknown; isUsable: boolean }> {
    const requests: ControlRequest[] = [
      ...(request.usage ? ["get_usage" as const] : []),
      ...(request.status ? ["get_status" as const] : []),
    ];
    if (requests.length === 0) return { usage: null, get_status: null, isUsable: false };
    const answers = new Answers(requests);
    const result = await run(runtime, "control", requests, (line) => answers.add(line));
    for (const name of requests) {
      const answer = answers.answerTo(name);
      // An error for get_status is not a failure: older versions do not know it and still answer `auth status` and `doctor`.
      if (answer && "error" in answer && name === "get_usage")
        failures.push({ reason: `${name}: ${redactSecrets(answer.error, this.#secrets)}`, raw: null });
      if (!answer) failures.push(this.#failure(result, `no usable response to ${name}`));
    }
    const isUsable = result.notStarted === null && !isTooOld(result);
    const valueFrom = (name: ControlRequest): Record<string, unknown> | null => {
      const answer = answers.answerTo(name);
      return answer && "value" in answer ? { ...answer.value } : null;
    };
    const data = request.usage ? valueFrom("get_usage") : null;
    const usage: UsageAnswer | null = data ? { source: "control", data } : null;
    const fallback = request.usage && !usage && isUsable ? await this.#usageText(runtime, failures) : null;
    return { usage: usage ?? fallback, get_status: valueFrom("get_status"), isUsable };
  }

  async #usageText(runtime: Runtime, failures: AnswerFailure[]): Promise<UsageAnswer | null> {
    const result = await run(runtime, "usage");
    if (result.stopped || !isUsageText(result.stdout)) {
      failures.push(this.#failure(result, "the text of /usage could not be parsed"));
      return null;
    }
    const rate_limits = parseUsageText(result.stdout, this.#options.clock.now());
    return { source: "text", data: { text: result.stdout.slice(0, 16_384), rate_limits } };
  }

  async #status(runtime: Runtime, get_status: unknown, failures: AnswerFailure[]): Promise<StatusAnswer | null> {
    const auth = await run(runtime, "auth");
    const auth_status = parse(auth.stdout);
    if (auth_status === null)
      failures.push(this.#failure(auth, "the output of claude auth status could not be parsed"));
    const result = await run(runtime, "doctor");
    // Without a terminal 2.1.170 prints nothing, and older versions print an error of their screen library.
    const doctor = !result.stopped && isReport(parseReport(result.stdout)) ? result.stdout : null;
    const printedNothing = result.exit === 0 && result.stdout.trim() === "";
    if (doctor === null && !printedNothing)
      failures.push(this.#failure(result, "the report of doctor could not be parsed"));
    if (get_status === null && auth_status === null && doctor === null) return null;
    const isDisabledByUs =
      doctor !== null && !this.#options.env[ESSENTIAL_ONLY] && doctor.includes(`env: ${ESSENTIAL_ONLY})`);
    return {
      get_status,
      auth_status,
      doctor,
      ...(isDisabledByUs && { updates_writable: isUpdateFolderWritable(doctor) }),
    };
  }

  #failure(result: CommandResult, defaultReason: string): AnswerFailure {
    const { program, timeoutMs = 20_000, maxBytes = 2_000_000 } = this.#options;
    const raw = rawStart(result.stdout.trim() === "" ? result.stderr : result.stdout, this.#secrets);
    if (result.notStarted !== null)
      return { reason: `${program} could not be started: ${result.notStarted}`, raw: null };
    if (isTooOld(result)) return { reason: "claude is too old to be queried safely: 2.1.169 or newer is needed", raw };
    if (result.stopped === "deadline") return { reason: `no answer within ${timeoutMs / 1_000} s`, raw };
    if (result.stopped === "output") return { reason: `more than ${maxBytes} bytes of output`, raw };
    return {
      reason: result.exit === 0 ? defaultReason : `${defaultReason} (exit status ${result.exit ?? "unknown"})`,
      raw,
    };
  }
}

/** Whether the version is older than 2.1.169, which refuses `--safe-mode`. Without that option it could take the arguments for a prompt. */
function isTooOld(result: CommandResult): boolean {
  return result.exit !== 0 && /unknown option '--(?:safe-mode|no-session-persistence)'/.test(result.stderr);
}

/** Whether the npm folder of the running program, as named in its report, is writable; null if it is not in an npm folder. */
function isUpdateFolderWritable(doctor: string): boolean | null {
  const { facts } = parseReport(doctor);
  const [folder] = /^.{0,4000}?[/\\]node_modules(?=[/\\])/.exec(facts.get("Path") ?? "") ?? [];
  if (!folder || !/^npm-global\b/.test(facts.get("Running") ?? "")) return null;
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
