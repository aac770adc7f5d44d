import { appendFileSync, mkdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ScanOptions } from "../../src/collector/batches.ts";
import { Collector, type ScanResult } from "../../src/collector/Collector.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { SkippedLine } from "../../src/ledger/sqlite/Files.ts";
import { sources } from "../../src/sources/registry.ts";
import type { Environment } from "../../src/utils/config.ts";
import { type Dump, dumpOf, folder, numberIn, totalsIn, wrongSums } from "./dump.ts";

/** How a line of a response differs from the default. */
export interface LineParts {
  readonly session?: string;
  readonly at?: number;
  readonly output?: number;
  readonly input?: number;
  readonly isSidechain?: boolean;
  /** Characters of its text. */
  readonly length?: number;
}

/** 10:00 UTC on an ordinary day. */
export const TEN = Date.UTC(2026, 9, 19, 10);

/** A transcript's line of a response, without the newline. */
export function responseLine(id: string, parts: LineParts = {}): string {
  const { session = "5e551011", at = TEN, output = 10, input = 1, isSidechain = false, length = 20 } = parts;
  const usage = { input_tokens: input, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const message = { model: "claude-opus-4-6", id: `msg_${id}`, type: "message", role: "assistant" };
  const content = [{ type: "text", text: "x".repeat(length) }];
  return JSON.stringify({
    parentUuid: null,
    isSidechain,
    userType: "external",
    cwd: "/home/dev/work/api",
    sessionId: session,
    version: "2.1.98",
    gitBranch: "main",
    message: { ...message, content, usage: { ...usage, output_tokens: output } },
    requestId: `req_${id}`,
    type: "assistant",
    uuid: `uuid-${id}`,
    timestamp: new Date(at).toISOString(),
  });
}

/** A line that no reader needs to parse. */
export const filler = (length: number): string =>
  JSON.stringify({ type: "queue-operation", content: "y".repeat(length) });

/** Joins lines to the text of a file, with a newline after the last one. */
export const text = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

/** The transcript of `readHarness`, relative to the projects of its home. */
export const FILE = "-home-dev-work-api/5e551011.jsonl";

/** A harness with one file that holds the given responses and has been read. */
export async function readHarness(...ids: string[]): Promise<Harness> {
  const harness = new Harness();
  harness.write(FILE, text(...ids.map((id) => responseLine(id))));
  await harness.scan();
  if (harness.responses !== ids.length) throw new Error(`${harness.responses} of ${ids.length} responses were counted`);
  return harness;
}

/** Options of a scan. */
export interface HarnessScanOptions extends ScanOptions {
  readonly env?: Environment;
  /** Both phases if missing. */
  readonly phase?: "usage" | "activity";
}

/** A made-up home with transcripts, and its ledger. */
export class Harness implements Disposable {
  readonly home: string;
  readonly path: string;
  readonly ledger: Ledger;
  readonly #folder = folder();
  /** Seconds; increases with every change of a file, so that modification times always differ. */
  #clock = Date.UTC(2026, 9, 20) / 1_000;

  constructor() {
    this.home = join(this.#folder.path, "home");
    this.path = join(this.#folder.path, "ledger", "ledger.db");
    mkdirSync(this.projects, { recursive: true });
    this.ledger = new Ledger(this.path, () => "here");
  }

  [Symbol.dispose](): void {
    this.ledger[Symbol.dispose]();
    this.#folder[Symbol.dispose]();
  }

  get projects(): string {
    return join(this.home, ".claude", "projects");
  }

  /** A path below the transcripts, or the given path if it is absolute. */
  at(name: string): string {
    return name.startsWith("/") ? name : join(this.projects, name);
  }

  /** Writes a whole file in place. */
  write(name: string, content: string | Uint8Array): string {
    const path = this.at(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return this.touch(path);
  }

  append(name: string, content: string | Uint8Array): void {
    appendFileSync(this.at(name), content);
    this.touch(this.at(name));
  }

  /** Gives a file a new modification time. */
  touch(path: string): string {
    this.#clock += 1;
    utimesSync(path, this.#clock, this.#clock);
    return path;
  }

  /** Runs both phases, or the given one; returns the result of the first. */
  async scan({ env = {}, phase, ...options }: HarnessScanOptions = {}): Promise<ScanResult> {
    const environment = { env, home: this.home, now: () => 0 };
    const collector = new Collector(this.ledger, sources, environment);
    const scanned = await collector.scan(phase ?? "usage", options);
    if (phase === undefined && !scanned.isStopped) await collector.scan("activity", options);
    const wrong = wrongSums(this.path);
    if (wrong.length > 0) throw new Error(`sums that do not match the facts: ${JSON.stringify(wrong)}`);
    return scanned;
  }

  get responses(): number {
    return totalsIn(this.path).responses;
  }

  get output(): number {
    return totalsIn(this.path).output;
  }

  get skipped(): readonly SkippedLine[] {
    return this.ledger.files.skipped();
  }

  number(sql: string): number {
    return numberIn(this.path, sql);
  }

  dump(): Dump {
    return dumpOf(this.path);
  }

  /** The content of a new ledger after one scan of the home in its current state. */
  async fresh(env: Environment = {}): Promise<Dump> {
    using other = folder();
    const path = join(other.path, "ledger.db");
    using ledger = new Ledger(path, () => "here");
    const collector = new Collector(ledger, sources, { env, home: this.home, now: () => 0 });
    await collector.scan("usage");
    await collector.scan("activity");
    return dumpOf(path);
  }
}

/** Bytes of a file. */
export const sizeOf = (path: string): number => statSync(path).size;
