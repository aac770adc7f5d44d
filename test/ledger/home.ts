import { appendFileSync, mkdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ScanOptions } from "../../src/collector/batches.ts";
import { Collector, type ScanResult } from "../../src/collector/Collector.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { SkippedLine } from "../../src/ledger/sqlite/Files.ts";
import { sources } from "../../src/sources/registry.ts";
import type { Environment } from "../../src/utils/config.ts";
import { type Dump, dumpOf, folder, numberIn, totalsIn, wrongSums } from "./dump.ts";

/** What a line of a response is to tell, as far as it is not as in the others. */
export interface LineParts {
  readonly session?: string;
  readonly at?: number;
  readonly output?: number;
  readonly input?: number;
  readonly isSidechain?: boolean;
  /** Characters of its text. */
  readonly length?: number;
}

/** Ten o'clock of a day, UTC. */
export const TEN = Date.UTC(2026, 9, 19, 10);

/** A transcript's line of a response, without newline. */
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

/** Some lines as a file's text, the last one ended too. */
export const text = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

/** What a scan is asked for. */
export interface Asked extends ScanOptions {
  readonly env?: Environment;
  /** Both where it is not given. */
  readonly pass?: "usage" | "activity";
}

/** A made-up home with transcripts, its ledger, and what a scan of it gives. */
export class Harness implements Disposable {
  readonly home: string;
  readonly path: string;
  readonly ledger: Ledger;
  readonly #folder = folder();
  /** A time that differs from one change of a file to the next, however fast they come. */
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

  /** A path below the transcripts, or the one given where it is absolute. */
  at(name: string): string {
    return name.startsWith("/") ? name : join(this.projects, name);
  }

  /** Writes a file whole, in place. */
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

  /** Gives a file a time that it did not have before. */
  touch(path: string): string {
    this.#clock += 1;
    utimesSync(path, this.#clock, this.#clock);
    return path;
  }

  /** Both passes, or the one asked for; what the first one did. */
  async scan({ env = {}, pass, ...watch }: Asked = {}): Promise<ScanResult> {
    const scene = { env, home: this.home, now: () => 0 };
    const collector = new Collector(this.ledger, sources, scene);
    const scanned = await collector.scan(pass ?? "usage", watch);
    if (pass === undefined && !scanned.isCut) await collector.scan("activity", watch);
    const wrong = wrongSums(this.path);
    if (wrong.length > 0) throw new Error(`sums that are not those of the facts: ${JSON.stringify(wrong)}`);
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

  /** What a ledger of its own holds after one scan of the home as it is now. */
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
