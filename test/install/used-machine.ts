import { expect } from "bun:test";
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { entryPath } from "../entry-points/program.ts";

const repository = join(import.meta.dir, "../..");
/** The program that runs the tests. */
export const bun = process.execPath;
const made: string[] = [];
/** Removes the homes of all machines. */
export const removeMachines = (): void => made.forEach((path) => rmSync(path, { recursive: true, force: true }));

/** A hash of a file; null if it was removed meanwhile. */
function hashOf(path: string): number | bigint | null {
  try {
    return Bun.hash(readFileSync(path));
  } catch {
    return null;
  }
}

/** A machine with a home directory in which the real program is installed, used and removed. */
export class Machine {
  readonly home = realpathSync(mkdtempSync(join(tmpdir(), "pawprint-purge-")));
  env: Record<string, string>;

  constructor(env: (home: string) => Readonly<Record<string, string>> = () => ({})) {
    made.push(this.home);
    cpSync(join(repository, "test/fixtures/transcripts"), join(this.home, ".claude/projects"), { recursive: true });
    this.write(".cursor/notes.txt", "not ours");
    this.env = {
      PATH: `${dirname(bun)}:/usr/bin:/bin`,
      HOME: this.home,
      PET_CLAUDE_COMMAND: "/nonexistent/claude",
      BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0",
      ...env(this.home),
    };
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.home, path)), { recursive: true });
    writeFileSync(join(this.home, path), text);
  }

  /** Every path below the home with its kind, mode and content. */
  listing(): string[] {
    return readdirSync(this.home, { recursive: true, encoding: "utf8" })
      .toSorted()
      .map((name) => {
        const path = join(this.home, name);
        const stat = lstatSync(path, { throwIfNoEntry: false });
        // Removed meanwhile.
        if (stat === undefined) return `${name} gone`;
        const link = stat.isSymbolicLink() ? readlinkSync(path) : "directory";
        const content = stat.isFile() ? hashOf(path) : link;
        return `${name} ${(stat.mode & 0o777).toString(8)} ${content}`;
      });
  }

  async run(command: readonly string[], stdin = "", env = {}): Promise<{ code: number; out: string }> {
    const child = Bun.spawn([...command], {
      cwd: "/",
      env: { ...this.env, ...env },
      stdio: [new Blob([stdin]), "pipe", "pipe"],
    });
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { code, out: out + err };
  }

  /** Installs the bundle. */
  install(...options: readonly string[]): Promise<{ code: number; out: string }> {
    return this.run([bun, entryPath("cli"), "install", "--log", ...options]);
  }

  /** Runs a program that is not installed; it is outside of this checkout, whose own log would be removed too. */
  uninstall(...options: readonly string[]): Promise<{ code: number; out: string }> {
    return this.run([bun, entryPath("cli"), "uninstall", ...options]);
  }

  /** Installs the program, shows a line, and uses all that writes files; `pets` is the Pawprint directory. */
  async use(pets: string, ...options: string[]): Promise<void> {
    const steps = [await this.install(...options)];
    const program = `${pets}/bin/pawprint`;
    const stop = {
      hook_event_name: "stop",
      conversation_id: "c",
      generation_id: "g",
      input_tokens: 9,
      output_tokens: 5,
    };
    steps.push(await this.run([program, "statusline"], INPUT));
    steps.push(await this.run([program, "capture"]));
    steps.push(await this.run([program, "setup", "cursor"]));
    steps.push(await this.run([program, "hook", "cursor"], JSON.stringify(stop)));
    steps.push(await this.run([program, "daily", "--json"]));
    steps.push(await this.run([program, "rebuild"]));
    steps.push(await this.run([program, "setup", "completion", "bash"]));
    steps.push(await this.install(...options));
    expect(steps.filter(({ code }) => code !== 0)).toEqual([]);
  }
}

/** What Claude Code gives the line. */
export const INPUT = JSON.stringify({
  session_id: "s1",
  cwd: "/",
  model: { id: "claude-opus-5-5", display_name: "Opus" },
});

/** A settings.json with another line. */
export const SETTINGS = `{\n  // kept\n  "statusLine": {"type": "command", "command": "echo before"},\n}\n`;
