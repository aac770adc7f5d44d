import { accessSync, constants } from "node:fs";
import { isReport, parseReport } from "../claude/report.ts";
import { isUsageText, parseUsageText } from "../claude/usage-text.ts";
import type { Clock } from "../utils/clock.ts";
import type { Environment } from "../utils/config.ts";
import { Answers } from "../claude/control.ts";
import { ESSENTIAL_ONLY, type Request } from "../claude/program.ts";
import { run, type Runtime } from "../claude/run.ts";
import { redactSecrets, rawStart, scrubEnvironment, secretValues } from "../claude/scrub.ts";
import type { CommandResult } from "../claude/run-command.ts";
import type { ClaudeAnswers, StatusAnswer, UsageAnswer, ClaudeRequest } from "./types.ts";

export { findProgram } from "../claude/program.ts";

interface Options {
  /** Path of the claude program. */
  readonly program: string;
  /** Where it runs: the log directory, which holds no project of the user's. */
  readonly directory: string;
  readonly env: Environment;
  readonly clock: Clock;
  /** Milliseconds for everything that one `ask` starts. */
  readonly timeoutMs?: number;
  /** Bytes of output above which a run is stopped. */
  readonly maxBytes?: number;
}

type Failure = NonNullable<ClaudeAnswers["failure"]>;

/** Asks the real Claude Code, and only what the closed list of program.ts allows. */
export class CommandExecutor {
  readonly #options: Options;
  readonly #secrets: readonly string[];

  constructor(options: Options) {
    this.#options = options;
    this.#secrets = secretValues(options.env);
  }

  /**
   * Asks for what is wanted: the control protocol for both, the text of /usage where that gives no usage, and for the status
   * `auth status` and `doctor` one after the other. Never throws for what the program does or does not do.
   */
  async ask(want: ClaudeRequest): Promise<ClaudeAnswers> {
    const { clock, timeoutMs = 20_000, maxBytes = 2_000_000, program, directory } = this.#options;
    const began = clock.now();
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), timeoutMs);
    const failures: Failure[] = [];
    try {
      const env = this.#environment(want.onPlan ?? false);
      const runtime: Runtime = { program, directory, env, maxBytes, deadline: stop.signal };
      const { usage, get_status, isUsable } = await this.#control(runtime, want, failures);
      const status = want.status && isUsable ? await this.#status(runtime, get_status, failures) : null;
      return { usage, status, failure: failures[0] ?? null, wallMs: Math.max(clock.now() - began, 0) };
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * The user's environment less what the program must not have. An API key is left out where the session is known to run on
   * a plan: the user declined to use the key, but `-p` would use it, and tell of no account and no limits.
   */
  #environment(onPlan: boolean): Record<string, string> {
    const { ANTHROPIC_API_KEY: key, ...env } = scrubEnvironment(this.#options.env);
    return !key || onPlan ? env : { ...env, ANTHROPIC_API_KEY: key };
  }

  /** What the program says its version is, for instance "2.1.328 (Claude Code)"; null when it does not say. */
  async version(): Promise<string | null> {
    const { program, directory, timeoutMs = 5_000, maxBytes = 4_096 } = this.#options;
    const env = scrubEnvironment(this.#options.env);
    const ran = await run({ program, directory, env, maxBytes, deadline: AbortSignal.timeout(timeoutMs) }, "version");
    return ran.exit === 0 && ran.stdout.trim() !== "" ? ran.stdout.trim() : null;
  }

  async #control(
    runtime: Runtime,
    want: ClaudeRequest,
    failures: Failure[],
  ): Promise<{ usage: UsageAnswer | null; get_status: unknown; isUsable: boolean }> {
    const asked: Request[] = [
      ...(want.usage ? ["get_usage" as const] : []),
      ...(want.status ? ["get_status" as const] : []),
    ];
    if (asked.length === 0) return { usage: null, get_status: null, isUsable: false };
    const answers = new Answers(asked);
    const ran = await run(runtime, "control", asked, (line) => answers.take(line));
    for (const name of asked) {
      const answer = answers.to(name);
      // Versions that do not know get_status are asked by `auth status` and `doctor` all the same.
      if (answer && "error" in answer && name === "get_usage")
        failures.push({ reason: `${name}: ${redactSecrets(answer.error, this.#secrets)}`, raw: null });
      if (!answer) failures.push(this.#failure(ran, `no answer to ${name} that can be read`));
    }
    const isUsable = ran.notStarted === null && !isTooOld(ran);
    const valueOf = (name: Request): Record<string, unknown> | null => {
      const answer = answers.to(name);
      return answer && "value" in answer ? { ...answer.value } : null;
    };
    const data = want.usage ? valueOf("get_usage") : null;
    const usage: UsageAnswer | null = data ? { source: "control", data } : null;
    const fallback = want.usage && !usage && isUsable ? await this.#usageText(runtime, failures) : null;
    return { usage: usage ?? fallback, get_status: valueOf("get_status"), isUsable };
  }

  async #usageText(runtime: Runtime, failures: Failure[]): Promise<UsageAnswer | null> {
    const ran = await run(runtime, "usage");
    if (ran.stopped || !isUsageText(ran.stdout)) {
      failures.push(this.#failure(ran, "a text of /usage that cannot be read"));
      return null;
    }
    const rate_limits = parseUsageText(ran.stdout, this.#options.clock.now());
    return { source: "text", data: { text: ran.stdout.slice(0, 16_384), rate_limits } };
  }

  async #status(runtime: Runtime, get_status: unknown, failures: Failure[]): Promise<StatusAnswer | null> {
    const auth = await run(runtime, "auth");
    const auth_status = jsonIn(auth.stdout);
    if (auth_status === null) failures.push(this.#failure(auth, "an answer to auth status that cannot be read"));
    const ran = await run(runtime, "doctor");
    // 2.1.170 prints nothing without a terminal, and older ones an error of their screen library.
    const doctor = !ran.stopped && isReport(parseReport(ran.stdout)) ? ran.stdout : null;
    const saidNothing = ran.exit === 0 && ran.stdout.trim() === "";
    if (doctor === null && !saidNothing) failures.push(this.#failure(ran, "no report of doctor that can be read"));
    if (get_status === null && auth_status === null && doctor === null) return null;
    const isOurs = doctor !== null && !this.#options.env[ESSENTIAL_ONLY] && doctor.includes(`env: ${ESSENTIAL_ONLY})`);
    return { get_status, auth_status, doctor, ...(isOurs && { updates_writable: updatesWritable(doctor) }) };
  }

  #failure(ran: CommandResult, otherwise: string): Failure {
    const { program, timeoutMs = 20_000, maxBytes = 2_000_000 } = this.#options;
    const raw = rawStart(ran.stdout.trim() === "" ? ran.stderr : ran.stdout, this.#secrets);
    if (ran.notStarted !== null) return { reason: `${program} could not be started: ${ran.notStarted}`, raw: null };
    if (isTooOld(ran)) return { reason: "claude is too old to be asked safely: 2.1.169 or newer is needed", raw };
    if (ran.stopped === "deadline") return { reason: `no answer within ${timeoutMs / 1_000} s`, raw };
    if (ran.stopped === "output") return { reason: `more than ${maxBytes} bytes of output`, raw };
    return { reason: ran.exit === 0 ? otherwise : `${otherwise} (exit status ${ran.exit ?? "unknown"})`, raw };
  }
}

/** Versions before 2.1.169 refuse `--safe-mode`, which keeps them from taking our words for a prompt. */
function isTooOld(ran: CommandResult): boolean {
  return ran.exit !== 0 && /unknown option '--(?:safe-mode|no-session-persistence)'/.test(ran.stderr);
}

/** Whether the npm folder that holds the running program, as its report names it, can be written; null: it is in none. */
function updatesWritable(doctor: string): boolean | null {
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

function jsonIn(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : null;
  } catch {
    return null;
  }
}
