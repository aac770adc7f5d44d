import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Spent, stateOf } from "../../src/model/state.ts";
import { lineOf } from "../monitoring/accounting/harness.ts";
import { A, lines as codexLines, uuid7 } from "../sources/codex-lines.ts";
import { freshHome, type Home, recorded } from "./program.ts";

const turn = readFileSync(join(recorded, "stdin-6-after-tools-oauth-rate_limits.json"), "utf8");
const LEDGER = ".claude/pets/ledger.db";

const on = (home: Home) => ({
  PET_USAGE_LOGGING_ENABLED: "true",
  PET_LOG_DIR: home.logs,
  NO_COLOR: "1",
  COLUMNS: "140",
  TZ: "UTC",
});

function transcriptOf(home: Home): string {
  const folder = join(home.path, ".claude/projects/-work");
  mkdirSync(folder, { recursive: true });
  return join(folder, "s-1.jsonl");
}

/** The spending that the worker has written for the line; null until then. */
function spentOf(home: Home): Spent | null {
  const run = join(home.logs, ".run");
  const name = existsSync(run) ? readdirSync(run).find((one) => one.startsWith("state-")) : undefined;
  return name === undefined ? null : (stateOf(readFileSync(join(run, name), "utf8"))?.spent ?? null);
}

const ledgerTokensIn = (line: string | undefined): unknown =>
  (JSON.parse(line ?? "null") as { usage_data: { total_tokens: unknown } } | null)?.usage_data.total_tokens;

describe("the worker that a refresh starts", () => {
  test("counts new responses in the record, and the next line shows them", async () => {
    using home = freshHome();
    const transcript = transcriptOf(home);
    appendFileSync(transcript, lineOf("a", home.clock.now() - 1_000, { output: 50_000, cacheRead: 950_000 }));
    await home.run("statusline", [], { stdin: turn, env: on(home) });
    await home.until(() => spentOf(home) !== null, "a state with numbers of the ledger");
    expect(ledgerTokensIn(home.lines("usage")[0])).toBe(1_000_100);
    expect(statSync(join(home.path, LEDGER)).mode & 0o777).toBe(0o600);
    // 100 x $4 + 50,000 x $20 + 950,000 x $0.2 a million; over ten minutes, six times that an hour.
    const spent = /\$0\.22  today \$1\.19 1\.0M tok  100k tok\/min \$7\.14\/h\n/;
    // On a busy machine the line may not wait for the state; then the next refresh shows it.
    let out = "";
    for (let refresh = 0; refresh < 20 && !spent.test(out); refresh++)
      ({ out } = await home.run("statusline", [], { stdin: turn, env: on(home) }));
    expect(out).toMatch(spent);
  });

  test("writes a record without ledger numbers if the ledger is invalid", async () => {
    using home = freshHome();
    appendFileSync(transcriptOf(home), lineOf("a", home.clock.now() - 1_000));
    mkdirSync(join(home.path, ".claude/pets"));
    writeFileSync(join(home.path, LEDGER), "no database ".repeat(1_000));
    await home.run("statusline", [], { stdin: turn, env: { ...on(home), PET_LOGGING_DEBUG: "true" } });
    await home.until(() => home.lines("usage").length === 1, "a usage record");
    expect(ledgerTokensIn(home.lines("usage")[0])).toBeNull();
    const messages = readFileSync(join(home.logs, "pawprint.log"), "utf8");
    expect(messages.split("\n").filter((line) => line.includes("the ledger could not be queried"))).toHaveLength(1);
    expect(readFileSync(join(home.path, LEDGER), "utf8")).toBe("no database ".repeat(1_000));
  });

  test("uses a schema that describes the ledger's numbers and accepts older records without them", async () => {
    using home = freshHome();
    const { out } = await home.run("cli", ["schema", "usage"]);
    const { usage_data } = (JSON.parse(out) as { properties: { usage_data: { properties: object; required?: [] } } })
      .properties;
    expect(Object.keys(usage_data.properties)).toEqual(["total_tokens", "tokens", "cost_micros"]);
    expect(usage_data.required).toBeUndefined();
  });

  test("gets every variable that a source uses to find its assistant's files", async () => {
    using home = freshHome();
    const folder = join(import.meta.dir, "../../src/sources");
    const texts = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(folder, name), "utf8"));
    const names = texts.flatMap((text) => [...text.matchAll(/\benv\["([A-Z_]+)"\]/g)].map(([, name = ""]) => name));
    expect(names).toContain("CODEX_HOME");
    // The variable of Claude Code is read in one place for all that need it.
    const given = Object.fromEntries(
      [...new Set([...names, "CLAUDE_CONFIG_DIR"])].map((name) => [name, `/of/${name}`]),
    );
    mkdirSync(join(home.path, ".claude"));
    // A program that the worker runs gets the worker's environment without secrets and session variables.
    const program = join(home.path, "claude");
    writeFileSync(program, `#!/bin/sh\nenv > "$HOME/env.new" && mv "$HOME/env.new" "$HOME/env"\n`, { mode: 0o700 });
    await home.run("statusline", [], { stdin: turn, env: { ...on(home), PET_CLAUDE_COMMAND: program, ...given } });
    await home.until(() => spentOf(home) !== null, "a state with numbers of the ledger");
    const seen = readFileSync(join(home.path, "env"), "utf8").split("\n");
    for (const [name, value] of Object.entries(given)) expect(seen).toContain(`${name}=${value}`);
  });

  test("logs limits from another assistant's files, and the line shows them while its session is the newest", async () => {
    using home = freshHome();
    const now = Math.floor(home.clock.now() / 60_000) * 60_000;
    const window = (minutes: number, used: number) => ({
      used_percent: used,
      window_minutes: minutes,
      resets_at: now / 1_000 + minutes * 30,
    });
    const limits = { limit_id: "codex", plan_type: "plus", primary: window(300, 42), secondary: window(10_080, 17) };
    const folder = join(home.path, "elsewhere/sessions/2026/11/20");
    mkdirSync(folder, { recursive: true });
    const thread = uuid7(now - 30_000);
    const rollout = [
      codexLines.meta(now - 30_000, thread),
      codexLines.context(now - 29_000, "gpt-5.5", "t-1"),
      codexLines.count(now - 20_000, A, A, limits),
    ];
    writeFileSync(join(folder, `rollout-x-${thread}.jsonl`), rollout.map((line) => `${line}\n`).join(""));
    const env = { ...on(home), CODEX_HOME: join(home.path, "elsewhere"), PET_USAGE_LOG_INTERVAL: "1000" };
    const refresh = async (): Promise<string> => (await home.run("statusline", [], { stdin: turn, env })).out;
    await refresh();
    await home.until(() => home.lines("limits").length === 1, "a record of limits");
    expect(JSON.parse(home.lines("limits")[0] ?? "")).toMatchObject({
      source: "codex",
      windows: [
        { name: "codex", window_minutes: 300, used_percent: 42, plan: "plus" },
        { name: "codex", window_minutes: 10_080, used_percent: 17 },
      ],
    });
    // The newest session is known after session activity has been read, which follows each record.
    const shown: string[] = [];
    for (let round = 0; round < 20 && !/Codex 5h 42%.* 7d 17%/.test(shown.at(-1) ?? ""); round++) {
      await Bun.sleep(500);
      shown.push(await refresh());
    }
    expect(shown.at(-1)).toMatch(/Codex 5h 42%.* 7d 17%/);
    expect(home.lines("limits")).toHaveLength(1);
  }, 30_000);

  test("redacts the home directory in link-resolved paths too", async () => {
    using home = freshHome();
    const link = join(home.path, "link");
    symlinkSync(home.path, link);
    const answer = (id: string, response: string): string =>
      `{"type":"control_response","response":{"subtype":"success","request_id":"${id}","response":${response}}}`;
    const program = join(home.path, "claude");
    const limits = '"rate_limits":{"five_hour":{"utilization":4,"resets_at":"2026-12-01T00:00:00Z"}}';
    const script = [
      "#!/bin/sh",
      'case "$*" in *stream-json*) read -r line',
      `echo '${answer("get_usage", `{"note":"${home.path}/.claude/x",${limits}}`)}'; read -r line`,
      `echo '${answer("get_status", '{"sections":[]}')}' ;; *) echo '{}' ;; esac`,
    ];
    writeFileSync(program, `${script.join("\n")}\n`, { mode: 0o700 });
    const env = { ...on(home), HOME: link, PET_LOG_CWD: "off", PET_CLAUDE_COMMAND: program };
    await home.run("statusline", [], { stdin: turn, env });
    await home.until(() => home.lines("usage").length === 1, "a usage record");
    expect(JSON.parse(home.lines("usage")[0] ?? "")).toMatchObject({ usage_data: { note: "~/.claude/x" } });
  });

  test("keeps the ledger at PET_LEDGER_PATH", async () => {
    using home = freshHome();
    const path = join(home.path, "elsewhere/books.db");
    await home.run("statusline", [], { stdin: turn, env: { ...on(home), PET_LEDGER_PATH: path } });
    await home.until(() => spentOf(home) !== null, "a state with numbers of the ledger");
    expect(existsSync(path)).toBe(true);
    expect(existsSync(join(home.path, LEDGER))).toBe(false);
  });
});
