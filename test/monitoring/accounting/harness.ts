import { appendFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageAccounting, type AccountingOptions } from "../../../src/monitoring/accounting/UsageAccounting.ts";
import type { Tokens } from "../../../src/model/tokens.ts";
import { Harness } from "../harness.ts";

/** A harness whose records include the usage in its transcripts. */
export class LedgerHarness extends Harness {
  readonly transcript = this.path("home/.claude/projects/-work/s-1.jsonl");
  readonly ledger = this.path("ledger.db");

  accounting(change: Partial<AccountingOptions> = {}): UsageAccounting {
    return new UsageAccounting({
      ledger: this.ledger,
      home: this.path("home"),
      pets: this.path("home/.claude/pets"),
      env: {},
      clock: { now: () => this.now, sleep: () => Promise.resolve() },
      zone: "Europe/Berlin",
      timeoutMs: { before: 3_000, after: 2_000 },
      ...change,
    });
  }

  /** Runs the recorder like the worker; returns the usage in the new usage record, or null if none was written. */
  async tick(change: Partial<AccountingOptions> = {}): Promise<RecordedUsage | null> {
    const before = this.lines("usage").length;
    using accounting = this.accounting(change);
    await this.recorder({}, { accounting }).run(null);
    await accounting.readRemaining();
    return (this.lines("usage")[before]?.["usage_data"] as RecordedUsage | undefined) ?? null;
  }

  /** Appends a response to a transcript. */
  respond(id: string, at: number, tokens: Partial<Tokens> = {}, change: LineOptions = {}): void {
    mkdirSync(dirname(this.transcript), { recursive: true });
    appendFileSync(
      change.file ? join(dirname(this.transcript), change.file) : this.transcript,
      lineOf(id, at, tokens, change),
    );
  }
}

interface LineOptions {
  readonly model?: string;
  readonly file?: string;
}

/** The usage in a usage record. */
export interface RecordedUsage {
  readonly total_tokens: number | null;
  readonly tokens: Readonly<Record<string, number>> | null;
  readonly cost_micros: number | null;
}

/** Returns a response as a transcript line; by default 100 tokens in and 10 out. */
export function lineOf(
  id: string,
  at: number,
  tokens: Partial<Tokens> = {},
  { model = "claude-opus-5-5" }: LineOptions = {},
): string {
  const { input = 100, output = 10, cacheWrite5m = 0, cacheWrite1h = 0, cacheRead = 0 } = tokens;
  const usage = {
    input_tokens: input,
    output_tokens: output,
    cache_creation_input_tokens: cacheWrite5m + cacheWrite1h,
    cache_read_input_tokens: cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite5m, ephemeral_1h_input_tokens: cacheWrite1h },
  };
  const message = { id: `msg_${id}`, type: "message", role: "assistant", model, content: [], usage };
  const base = { type: "assistant", sessionId: "s-1", cwd: "/work", gitBranch: "main", version: "2.1.328" };
  return `${JSON.stringify({ ...base, timestamp: new Date(at).toISOString(), requestId: `req_${id}`, message })}\n`;
}
