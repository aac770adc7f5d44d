import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, resolve } from "node:path";
import type { RecordKind } from "../../../src/model/record.ts";
import { recordSchemas } from "../../../src/model/record-schema.ts";
import { type BlockedProxy, startBlockedProxy } from "./blocked-proxy.ts";
import { API_KEY, type FalseHome, writeFalseHome } from "./false-home.ts";
import { endProcessesWith, linesOf, type ClaudeStart, starts, writeProgram } from "./machine.ts";
import { Screen } from "./screen.ts";
import { type StandIn, startStandIn } from "./stand-in.ts";

/** The limits of the fake account, in percent. */
export const LIMITS = { fiveHour: 42, weekly: 17, fable: 9 } as const;

/** The checkout under test. */
export const REPOSITORY = resolve(import.meta.dir, "../../..");

/** The output and exit status of a command. */
export interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** A line of a log: its record, and whether it matches its schema. */
export interface Line {
  readonly problem: string | null;
  // The schema is checked separately, so that a check can name what is wrong.
  readonly record: Record<string, unknown>;
}

/** A fake user, an environment, the real program on PATH, and the stand-in that it talks to, all in one folder. */
export class World {
  /** The path for a picture of the line in its session, from PAWPRINT_PICTURE. */
  readonly picture = Bun.env["PAWPRINT_PICTURE"];
  readonly root = realpathSync(mkdtempSync(`${tmpdir()}/pawprint-e2e-`));
  /** The version of the program. */
  readonly version: string;
  readonly user: FalseHome;
  readonly standIn: StandIn;
  readonly blockedProxy: BlockedProxy = startBlockedProxy();
  readonly env: Record<string, string>;
  readonly #bin = `${this.root}/bin`;
  readonly #screens: Screen[] = [];

  constructor(program: string, version: string, signIn: "login" | "api key", now: number) {
    this.version = version;
    this.user = writeFalseHome(this.root, version, signIn === "login" ? LIMITS : signIn, now);
    this.standIn = startStandIn(this.user.project, LIMITS);
    mkdirSync(this.#bin);
    writeProgram(this.#bin, program, { standIn: this.standIn.port, blockedProxy: this.blockedProxy.port });
    this.env = {
      HOME: this.user.home,
      PATH: `${this.#bin}:${dirname(process.execPath)}:${Bun.env["PATH"] ?? "/usr/bin:/bin"}`,
      SHELL: "/bin/sh",
      LANG: "C.UTF-8",
      TERM: "xterm-256color",
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${this.standIn.port}`,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
      ...(signIn === "api key" ? { ANTHROPIC_API_KEY: API_KEY } : {}),
    };
  }

  get pets(): string {
    return `${this.user.home}/.claude/pets`;
  }

  get logs(): string {
    return `${this.pets}/logs`;
  }

  get starts(): ClaudeStart[] {
    return starts(this.#bin);
  }

  /** Runs a program as this user, with an empty stdin, for at most a minute. */
  async run(command: string[], cwd: string): Promise<Outcome> {
    const { env } = this;
    const child = Bun.spawn(command, { cwd, env, stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: 60_000 });
    const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    await child.exited;
    return { status: child.exitCode, out, err };
  }

  /** Opens a terminal of 120 columns and starts the interactive `claude` in it. */
  openClaude(): Screen {
    const screen = new Screen(["claude"], { cwd: this.user.project, env: this.env, columns: 120, rows: 40 });
    this.#screens.push(screen);
    return screen;
  }

  /** All lines of one log, oldest first. */
  log(kind: RecordKind): Line[] {
    return linesOf(`${this.logs}/${kind}.jsonl`).map((text) => {
      try {
        const record = JSON.parse(text) as Record<string, unknown>;
        const parsed = recordSchemas[kind].safeParse(record);
        return { problem: parsed.success ? null : parsed.error.message, record };
      } catch {
        return { problem: "not JSON", record: {} };
      }
    });
  }

  /** Usage records from a source. */
  usage(source: "control" | "statusline"): Record<string, unknown>[] {
    return this.log("usage")
      .map(({ record }) => record)
      .filter((record) => record["source"] === source);
  }

  /** Number of times that something ran, from its witness file. */
  witnesses(name: "hook" | "mcp" | "preload" | "decoy"): number {
    return linesOf(`${this.user.witnesses}/${name}`).length;
  }

  /** Sets the shortest refresh of the line and a usage record every 2 s, so that several captures are made within seconds. */
  hurry(): void {
    const text = readFileSync(this.user.settings, "utf8");
    writeFileSync(
      this.user.settings,
      text.replace(/("refreshInterval"\s*:\s*)10\b/, (_, name) => `${name}1`),
    );
    const env = `${this.pets}/.env`;
    writeFileSync(env, `${readFileSync(env, "utf8").trimEnd()}\nPET_USAGE_LOG_INTERVAL=2000\n`);
  }

  /** Kills everything that was started here and removes the folder. */
  async end(): Promise<void> {
    for (const screen of this.#screens) screen.close();
    endProcessesWith(this.root);
    await this.standIn.stop();
    this.blockedProxy.stop();
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** Returns the value at a path of keys, or undefined. */
export function at(value: unknown, ...keys: string[]): unknown {
  let found: unknown = value;
  for (const key of keys) found = typeof found === "object" && found !== null ? Reflect.get(found, key) : undefined;
  return found;
}
