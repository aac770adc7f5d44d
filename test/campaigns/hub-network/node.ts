import { Database } from "bun:sqlite";
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ISOLATED } from "../../../src/utils/paths.ts";
import type { Network } from "./network.ts";

/** The output and exit status of a command. */
export interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

const TOTALS = "SELECT COUNT(*), SUM(input), SUM(output), SUM(cache_read), SUM(cache_write_5m) FROM response";

/** A host with a home of its own, and the built program in it. */
export class Node {
  readonly home: string;
  readonly name: string;
  readonly #network: Network;
  readonly #cli: string;
  readonly #running: Bun.Subprocess[] = [];
  #lines = 0;

  constructor(network: Network, name: string, folder: string, cli: string) {
    this.#network = network;
    this.name = name;
    this.#cli = cli;
    this.home = join(folder, name);
    mkdirSync(this.home, { recursive: true });
    const bin = join(this.home, ".claude/pets/bin");
    mkdirSync(bin, { recursive: true, mode: 0o700 });
    const words = [process.execPath, ...ISOLATED, cli].map((word) => `"${word}"`).join(" ");
    writeFileSync(join(bin, "pawprint"), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o700 });
  }

  get env(): Record<string, string> {
    return {
      HOME: this.home,
      PATH: `${this.home}/bin:/usr/bin:/bin:/usr/sbin`,
      PET_MACHINE: this.name,
      PET_CLAUDE_COMMAND: "/nonexistent/claude",
    };
  }

  get address(): string {
    return this.#network.host(this.name).address;
  }

  /** The words of a command of the program on this host. */
  command(args: readonly string[]): string[] {
    return [...this.#network.on(this.name), process.execPath, ...ISOLATED, this.#cli, ...args];
  }

  /** Runs a command of the program to its end, for at most a minute. */
  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const child = Bun.spawn(this.command(args), {
      cwd: this.home,
      env: { ...this.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    await child.exited;
    return { status: child.exitCode, out, err };
  }

  /** Starts a command that keeps running; resolves with its first line. */
  async start(args: readonly string[]): Promise<{ readonly process: Bun.Subprocess; readonly first: string }> {
    const child = Bun.spawn(this.command(args), {
      cwd: this.home,
      env: this.env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#running.push(child);
    const reader = child.stdout.getReader();
    let text = "";
    while (args[0] === "serve" && !text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) break;
      text += new TextDecoder().decode(value);
    }
    return { process: child, first: text.split("\n")[0] ?? "" };
  }

  /** Appends responses to a transcript, as Claude Code does; returns the keys of the last one. */
  work(count: number): string {
    const path = join(this.home, ".claude/projects/-home-dev-api", `${this.name}.jsonl`);
    mkdirSync(dirname(path), { recursive: true });
    let id = "";
    for (let more = 0; more < count; more++) {
      const number = ++this.#lines;
      id = `msg_${this.name}_${number}`;
      const usage = {
        input_tokens: number,
        output_tokens: 2 * number,
        cache_read_input_tokens: 10,
        cache_creation_input_tokens: 1,
      };
      appendFileSync(
        path,
        `${JSON.stringify({
          type: "assistant",
          uuid: `${this.name}-${number}`,
          sessionId: `session-${this.name}`,
          timestamp: new Date().toISOString(),
          cwd: "/home/dev/api",
          gitBranch: "main",
          version: "2.1.332",
          requestId: `req_${this.name}_${number}`,
          message: {
            id,
            role: "assistant",
            type: "message",
            model: "claude-sonnet-4-5-20250929",
            content: [],
            stop_reason: "end_turn",
            usage,
          },
        })}\n`,
      );
    }
    return id;
  }

  /** What the files of this host say that was used: responses and tokens. */
  get worked(): number[] {
    const number = this.#lines;
    const sum = (number * (number + 1)) / 2;
    return [number, sum, 2 * sum, 10 * number, number];
  }

  /** The totals of the ledger or the hub of this host; of one member of a hub if its name is given. */
  totals(file: "ledger.db" | "hub.db", member?: string): unknown[] {
    const path = join(this.home, ".claude/pets", file);
    if (!existsSync(path)) return [];
    using database = new Database(path, { readonly: true });
    if (member === undefined) return database.query(TOTALS).values()[0] ?? [];
    const sql = `${TOTALS} JOIN dimension_set ON dimension_set.id = response.dimension_id WHERE machine = (SELECT machine FROM member WHERE name = ?)`;
    return database.query(sql).values(member)[0] ?? [];
  }

  /** Ends what was started here. */
  end(): void {
    for (const child of this.#running) child.kill("SIGKILL");
  }
}
