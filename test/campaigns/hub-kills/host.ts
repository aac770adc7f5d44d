import { Database } from "bun:sqlite";
import { appendFileSync, copyFileSync, cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Level } from "../../../src/model/wire.ts";
import { ISOLATED } from "../../../src/utils/paths.ts";
import type { Sequence } from "../../ledger/random.ts";

/** The database files of a path. */
const filesOf = (path: string): string[] => ["", "-wal", "-shm"].map((end) => path + end);

/** Copies a database that others may be writing. */
export function copyDatabase(from: string, to: string): void {
  rmSync(to, { force: true });
  using database = new Database(from, { readonly: true });
  database.run("PRAGMA busy_timeout=5000");
  database.query("VACUUM INTO ?").run(to);
}

/** Puts a copy in place of a database that nobody has open: as the same file, or as another one. */
export function replaceDatabase(path: string, copy: string, isInPlace: boolean): void {
  for (const file of filesOf(path)) if (!isInPlace || file !== path) rmSync(file, { force: true });
  copyFileSync(copy, path);
}

/** A host with a home of its own. Its processes are killed with -9. */
export class Host {
  readonly name: string;
  readonly home: string;
  level: Level = "metrics";
  /** The last line of what it printed on stderr. */
  complaint = "";
  readonly #cli: string;
  #child: Bun.Subprocess<"ignore", "pipe", "pipe"> | null = null;

  constructor(folder: string, name: string, cli: string) {
    this.name = name;
    this.home = join(folder, name);
    this.#cli = cli;
    mkdirSync(join(this.home, ".claude/pets"), { recursive: true, mode: 0o700 });
  }

  get ledger(): string {
    return join(this.home, ".claude/pets/ledger.db");
  }

  get hub(): string {
    return join(this.home, ".claude/pets/hub.db");
  }

  get #env(): Record<string, string> {
    return {
      HOME: this.home,
      PATH: "/usr/bin:/bin",
      TZ: "UTC",
      PET_MACHINE: this.name,
      PET_CLAUDE_COMMAND: "/nonexistent/claude",
      PET_SYNC_LEVEL: this.level,
      PET_SYNC_INTERVAL: "200",
      PET_LOG_DIR: join(this.home, "logs"),
    };
  }

  #spawn(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return Bun.spawn([process.execPath, ...ISOLATED, this.#cli, ...args], {
      cwd: this.home,
      env: { ...this.#env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, with the children that it starts.
      detached: true,
    });
  }

  /** Runs a command to its end and returns what it printed. Throws if it fails. */
  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const child = this.#spawn(args, env);
    const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    if ((await child.exited) !== 0) throw new Error(`${this.name}: pawprint ${args.join(" ")}: ${err || out}`);
    return out;
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts a command that keeps running; resolves when it has printed a text that matches. */
  async start(args: readonly string[], ready: RegExp): Promise<RegExpExecArray> {
    const child = this.#spawn(args);
    this.#child = child;
    void this.#listen(child.stderr);
    const decoder = new TextDecoder();
    const reader = child.stdout.getReader();
    for (let text = ""; ;) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`${this.name}: pawprint ${args.join(" ")} ended: ${text} ${this.complaint}`);
      text += decoder.decode(value);
      const found = ready.exec(text);
      if (found) return (void this.#drain(reader), found);
    }
  }

  async #listen(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const data of stream) this.complaint = Buffer.from(data).toString().trim().split("\n").at(-1) ?? "";
  }

  async #drain(reader: { read(): Promise<{ done: boolean }> }): Promise<void> {
    while (!(await reader.read()).done);
  }

  /** Kills what runs; with its children if its files are replaced next. */
  async kill(withChildren = false): Promise<void> {
    const child = this.#child;
    if (!child) return;
    try {
      process.kill(withChildren ? -child.pid : child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await child.exited;
    this.#child = null;
  }

  /** The ledger is made anew under the same login. Call only after everything was killed. */
  reinstall(): void {
    for (const file of [...filesOf(this.ledger), join(this.home, ".claude/pets/sync.json")])
      rmSync(file, { force: true });
  }

  /** A computer that begins as a copy of this one, with its login. */
  clone(folder: string, name: string): Host {
    const clone = new Host(folder, name, this.#cli);
    clone.level = this.level;
    if (existsSync(this.ledger)) copyDatabase(this.ledger, clone.ledger);
    copyFileSync(join(this.home, ".claude/pets/login.json"), join(clone.home, ".claude/pets/login.json"));
    if (existsSync(join(this.home, ".claude/projects")))
      cpSync(join(this.home, ".claude/projects"), join(clone.home, ".claude/projects"), { recursive: true });
    return clone;
  }
}

/** The tokens of a response. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
}

/** What transcripts say that was used, by the key of the response. */
export type Used = Map<string, Tokens>;

const PROJECTS = ["api", "web", "tools"] as const;
const TOOLS = ["Bash", "Read", "Grep"] as const;

/** Writes transcripts as Claude Code does: line by line, a response several times while it grows, and lines in two pieces. */
export class Writer {
  readonly #random: Sequence;
  /** Homes that are synced with each other: each has all lines. */
  readonly #homes: readonly string[];
  readonly #name: string;
  readonly #used: Used;
  readonly #torn = new Map<string, string>();
  #number = 0;
  /** The response that still grows. */
  #current: { id: string; output: number; file: string } | null = null;

  constructor(name: string, homes: readonly string[], random: Sequence, used: Used) {
    this.#name = name;
    this.#homes = homes;
    this.#random = random;
    this.#used = used;
  }

  /** Writes some lines; the last one may be without its end until the next call. */
  work(lines: number): void {
    for (let line = 0; line < lines; line++) {
      const isLast = line === lines - 1;
      const { file, text } = this.#line();
      const cut = isLast && this.#random.chance(0.3) ? this.#random.whole(1, text.length - 1) : text.length;
      this.#append(file, text.slice(0, cut));
      if (cut < text.length) this.#torn.set(file, text.slice(cut));
    }
  }

  /** Writes what is missing of the last line. */
  finish(): void {
    for (const [file] of this.#torn) this.#append(file, "");
  }

  #append(file: string, text: string): void {
    const rest = this.#torn.get(file) ?? "";
    this.#torn.delete(file);
    for (const home of this.#homes) {
      const path = join(home, ".claude/projects", file);
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, rest + text);
    }
  }

  #line(): { file: string; text: string } {
    const random = this.#random;
    let current = this.#current;
    if (current === null || random.chance(0.6)) {
      const number = ++this.#number;
      const session = `5e55${Bun.hash.xxHash32(this.#name).toString(16).padStart(8, "0")}${Math.floor(number / 150)}`;
      const project = PROJECTS[Math.floor(number / 50) % PROJECTS.length] ?? "";
      current = { id: `${this.#name}_${number}`, output: 0, file: `-home-dev-${project}/${session}.jsonl` };
      this.#current = current;
    }
    current.output += random.whole(1, 500);
    const input = 1 + (this.#number % 97);
    this.#used.set(`response:msg_${current.id}`, { input, output: current.output });
    return { file: current.file, text: `${JSON.stringify(this.#record(current, input))}\n` };
  }

  #record({ id, output, file }: { id: string; output: number; file: string }, input: number): object {
    const [folder = "", session = ""] = file.replace(".jsonl", "").split("/");
    const tool = this.#random.chance(0.4)
      ? [{ type: "tool_use", id: `toolu_${id}_${output}`, name: this.#random.pick(TOOLS), input: {} }]
      : [];
    const usage = {
      input_tokens: input,
      output_tokens: output,
      cache_read_input_tokens: 10,
      cache_creation_input_tokens: 1,
    };
    return {
      type: "assistant",
      uuid: `${id}-${output}`,
      sessionId: session,
      timestamp: new Date(Date.UTC(2026, 9, 1) + (this.#number % 20_000) * 60_000).toISOString(),
      cwd: folder.replaceAll("-", "/"),
      gitBranch: this.#number % 3 === 0 ? "main" : "feat/x",
      version: "2.1.332",
      requestId: `req_${id}`,
      message: {
        id: `msg_${id}`,
        role: "assistant",
        type: "message",
        model: "claude-sonnet-4-5-20250929",
        content: tool,
        stop_reason: null,
        usage,
      },
    };
  }
}
