import { fields } from "../../utils/json.ts";

/** A request to a model whose usage is not recorded yet. */
export interface PendingRequest {
  /** Epoch milliseconds. */
  readonly at: number;
  /**
   * "asked": nothing was received yet; "answered": something was; "ended": the program considers it complete or failed,
   * without usage.
   */
  readonly stage: "asked" | "answered" | "ended";
}

/** Errors with which the provider rejects a request before a model runs. */
const REFUSED = /usage_limit|unauthorized/;

/**
 * Finds requests whose usage was not recorded. Codex records neither the usage of an interrupted stream nor the
 * interruption, so both are inferred from the lines that follow.
 */
export class RequestTracker {
  #pending: PendingRequest | null;
  readonly #writesRecords: boolean;
  readonly #emitUnrecorded: (at: number, reason: string) => void;

  /**
   * `pending` is the previous `pending` of the thread; `writesRecords` is whether the version records each response
   * when it ends.
   */
  constructor(
    pending: PendingRequest | null,
    writesRecords: boolean,
    emitUnrecorded: (at: number, reason: string) => void,
  ) {
    this.#pending = pending;
    this.#writesRecords = writesRecords;
    this.#emitUnrecorded = emitUnrecorded;
  }

  get pending(): PendingRequest | null {
    return this.#pending;
  }

  asked(at: number): void {
    this.#pending = { at, stage: "asked" };
  }

  answered(at: number): void {
    if (!this.#pending) return;
    // The request was sent again because the first answer broke off.
    if (this.#pending.stage === "ended") this.#end("failed", at);
    else this.#pending = { at: this.#pending.at, stage: "answered" };
  }

  /** The usage was recorded. */
  recorded(): void {
    this.#pending = null;
  }

  /** An event at the end of each response, here without usage. */
  countedWithoutUsage(): void {
    if (this.#writesRecords && this.#pending?.stage === "answered")
      this.#pending = { at: this.#pending.at, stage: "ended" };
  }

  interrupted(): void {
    this.#end("interrupted");
  }

  completed(error: unknown): void {
    const isRefused = REFUSED.test(JSON.stringify(fields(error)["codex_error_info"] ?? ""));
    const isAnswered = this.#writesRecords && this.#pending?.stage !== "asked";
    if (error === undefined || error === null ? isAnswered : !isRefused) this.#end(error ? "failed" : "no usage");
    this.#pending = null;
  }

  /** The next turn starts: a response that had begun was killed. */
  started(): void {
    if (this.#pending?.stage !== "asked") this.#end("interrupted");
    this.#pending = null;
  }

  #end(reason: string, next: number | null = null): void {
    if (this.#pending) this.#emitUnrecorded(this.#pending.at, reason);
    this.#pending = next === null ? null : { at: next, stage: "answered" };
  }
}
