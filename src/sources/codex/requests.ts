import { fields } from "../../utils/json.ts";

/** What was asked of a model and is not accounted for yet. */
export interface Request {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Nothing was received yet; something was; the program has given it up or takes it for complete, without its usage. */
  readonly stage: "asked" | "answered" | "ended";
}

/** An error by which the provider refuses a request: no model answered. */
const REFUSED = /usage_limit|unauthorized/;

/**
 * Requests for which no usage was written down. The usage of a stream that was cut or stopped stands nowhere, and Codex does
 * not say so either: it follows from what a thread has next.
 */
export class Requests {
  #open: Request | null;
  readonly #tellsRecords: boolean;
  readonly #tell: (at: number, reason: string) => void;

  /** `open` is what `left` was before; `tellsRecords` whether the version writes each response down as it ends. */
  constructor(open: Request | null, tellsRecords: boolean, tell: (at: number, reason: string) => void) {
    this.#open = open;
    this.#tellsRecords = tellsRecords;
    this.#tell = tell;
  }

  get left(): Request | null {
    return this.#open;
  }

  asked(at: number): void {
    this.#open = { at, stage: "asked" };
  }

  answered(at: number): void {
    if (!this.#open) return;
    // It was asked once more, since the first answer broke off.
    if (this.#open.stage === "ended") this.#end("failed", at);
    else this.#open = { at: this.#open.at, stage: "answered" };
  }

  /** Its usage was written down. */
  recorded(): void {
    this.#open = null;
  }

  /** An event that comes at the end of each response, and tells no usage. */
  passed(): void {
    if (this.#tellsRecords && this.#open?.stage === "answered") this.#open = { at: this.#open.at, stage: "ended" };
  }

  interrupted(): void {
    this.#end("interrupted");
  }

  completed(error: unknown): void {
    const isRefused = REFUSED.test(JSON.stringify(fields(error)["codex_error_info"] ?? ""));
    const isAnswered = this.#tellsRecords && this.#open?.stage !== "asked";
    if (error === undefined || error === null ? isAnswered : !isRefused) this.#end(error ? "failed" : "no usage");
    this.#open = null;
  }

  /** The next turn begins: what had begun to answer was killed. */
  started(): void {
    if (this.#open?.stage !== "asked") this.#end("interrupted");
    this.#open = null;
  }

  #end(reason: string, next: number | null = null): void {
    if (this.#open) this.#tell(this.#open.at, reason);
    this.#open = next === null ? null : { at: next, stage: "answered" };
  }
}
