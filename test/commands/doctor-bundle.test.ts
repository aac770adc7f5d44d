import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { MESSAGES } from "../../src/commands/doctor/bundle.ts";
import { says } from "../../src/commands/doctor/check.ts";
import { clockAt, freshHome, type Home, RECORDED_AT } from "../entry-points/program.ts";

/** Part of everything that is planted; nothing with it may be in a report. */
const MARK = "pl4nt3d";
const UPPER = `PL4NT3D`;
const KEY = `sk-ant-api03-${MARK}${"x".repeat(40)}`;
const MAIL = `anna.${MARK}@example.com`;

interface Bundle {
  readonly checks: readonly { name: string; state: string; message: string }[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly ledger: { readonly responses: number };
  readonly messages: readonly { message: string; code: string | null }[];
  readonly files: readonly { what: string; bytes: number }[];
}

/** Puts the mark, keys and addresses wherever Pawprint reads something. Returns the environment. */
async function plant(home: Home): Promise<Record<string, string>> {
  const write = (path: string, text: string): string => {
    const at = path.startsWith("/") ? path : join(home.path, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, text);
    return at;
  };
  const logs = join(home.path, `${MARK} logs`);
  const line = (command: string): string => JSON.stringify({ statusLine: { type: "command", command } });
  write(".claude/settings.json", line(`echo ${MARK} --password ${MARK}hunter`));
  write("project/.claude/settings.json", line(`curl -H 'Authorization: Bearer ${KEY}' ${MARK}`));
  write(".claude-work/projects/a/b.jsonl", "{}\n");
  write(`.claude-${MARK}/projects/a/b.jsonl`, "{}\n");
  const names = [`PET_MODEL_NAMES=${MARK}=${MARK}`, `PET_SECRET_${MARK}=${KEY}`, `PET_THEME=${MARK}`];
  const lists = [`PET_SEGMENTS=model,${MARK}`, `PET_LOG_DIR="${logs}"`, "PET_USAGE_LOGGING_ENABLED=true"];
  write(".claude/pets/.env", `${[...names, ...lists].join("\n")}\n`);
  const program = write(
    `bin ${MARK}/claude`,
    `#!/bin/sh\necho "4111111111111111 ${MARK} ${MAIL} ${KEY}"; echo ${MARK} >&2; exit 1\n`,
  );
  chmodSync(program, 0o755);
  const usage = { input_tokens: 1, output_tokens: 2, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const response = {
    type: "assistant",
    sessionId: `s-${MARK}`,
    requestId: "r1",
    version: `2.1.9-${MARK}`,
    cwd: `/home/${MARK}/${MARK}-project`,
    gitBranch: MARK,
    timestamp: "2026-11-03T09:00:00.000Z",
    message: { id: "m1", model: `claude-${MARK}`, content: [{ type: "text", text: KEY }], usage },
  };
  write(`.claude/projects/-home-${MARK}/s.jsonl`, `${JSON.stringify(response)}\n{"usage": "${MARK}"\n`);
  const env = {
    PET_CLAUDE_COMMAND: program,
    ANTHROPIC_API_KEY: KEY,
    MY_PASSWORD: MARK,
    USER: MARK,
    HOSTNAME: MARK,
    TZ: `${MARK}/Zone`,
  };
  await home.run("cli", ["capture"], { env });
  await home.run("cli", ["scan", "--wait"], { env });
  const failed = { level: 50, time: "2026-11-20T08:00:00.000Z", code: "ENOSPC" };
  const messages = [
    { ...failed, msg: "writing failed", error: `${MARK} ${MAIL}` },
    { ...failed, msg: "logging stopped", code: `E${UPPER}`, trouble: { code: "disk_full" } },
    { ...failed, msg: "recorded", code: `SQLITE_${UPPER}`, kind: UPPER, level: MARK },
    { ...failed, msg: `${MARK} ${KEY}`, code: MARK, kind: MARK, trouble: { code: MARK, message: MARK } },
  ];
  write(join(logs, "pawprint.log"), `${messages.map((one) => JSON.stringify(one)).join("\n")}\n${MARK}\n`);
  for (const name of readdirSync(join(logs, ".run")).filter((one) => one.startsWith("state-"))) {
    const state = JSON.parse(readFileSync(join(logs, ".run", name), "utf8")) as Record<string, unknown>;
    const finding = { type: "other", severity: "warning", message: `${MARK} ${KEY}`, fix: MARK };
    const asking = { failures: 2, next_at: new Date(home.clock.now() + 60_000).toISOString(), reason: MARK };
    write(
      join(logs, ".run", name),
      JSON.stringify({ ...state, findings: [finding], asking, notice: `${MARK} notice` }),
    );
  }
  write(join(logs, `${MARK}.jsonl`), MARK);
  const ledger = new Database(join(home.path, ".claude/pets/ledger.db"));
  ledger.run(`CREATE TABLE ${MARK} (x)`);
  ledger.run("UPDATE skipped SET reason = ?", [MARK]);
  ledger.close();
  return env;
}

describe("doctor --bundle", () => {
  test("has nothing of the secrets, names, paths and contents of a home that is full of them", async () => {
    using home = freshHome(clockAt(RECORDED_AT));
    const env = await plant(home);
    const file = join(home.path, "report.json");
    const { code, out, err } = await home.run("cli", ["doctor", "--bundle", file, "--yes"], { env });
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining("it is not sent anywhere") });
    expect(readFileSync(file, "utf8")).toBe(out);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const secret of [
      MARK,
      UPPER,
      "4111111111111111",
      "hunter",
      "@",
      home.path,
      "example.com",
      "/home",
      "project",
      KEY.slice(0, 12),
    ])
      expect({ secret, at: out.indexOf(secret) }).toEqual({ secret, at: -1 });
    // What helps is there.
    const bundle = JSON.parse(out) as Bundle;
    const lines = bundle.checks.map(({ name, state, message }) => `${state} ${name}: ${message}`);
    expect(lines).toContain("note claude: […]");
    expect(lines).toContain("broken settings: […]; the default is used");
    expect(lines).toContain("note line: […] replaces your statusLine with another one: […]");
    expect(lines.filter((text) => text.includes("Claude Code returned no limits 2 times in a row ([…])"))).toHaveLength(
      1,
    );
    expect(bundle.settings).toMatchObject({ PET_SEGMENTS: ["model", "[unknown]"], PET_LOG_DIR: "[path]" });
    expect(bundle.ledger.responses).toBe(1);
    const logged = bundle.messages.map(({ message, code: why }) => `${message} ${why}`);
    expect(logged).toEqual([
      "writing failed ENOSPC",
      "logging stopped disk_full",
      "recorded null",
      "[unknown] null",
      "[unknown] null",
    ]);
    expect(bundle.files.find(({ what }) => what === "ledger")?.bytes).toBeGreaterThan(1_000);
  }, 60_000);

  test("shows the report and writes nothing without a terminal or --yes, nor over a file", async () => {
    using home = freshHome();
    const file = join(home.path, "report.json");
    const shown = await home.run("cli", ["doctor", "--bundle", file]);
    expect({ code: shown.code, err: shown.err }).toEqual({ code: 2, err: expect.stringContaining("add --yes") });
    expect(JSON.parse(shown.out)).toMatchObject({ ledger: null, messages: [] });
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, "mine");
    expect((await home.run("cli", ["doctor", "--bundle", file, "--yes"])).err).toContain("exists");
    expect(readFileSync(file, "utf8")).toBe("mine");
  }, 60_000);

  test("knows every message that is written to pawprint.log", () => {
    const src = join(import.meta.dir, "../../src");
    const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const written = files.flatMap((name) =>
      [...readFileSync(join(src, name), "utf8").matchAll(/messages\.(?:warn|error|debug)\([^;]*?"([^"]+)"\);/g)].map(
        ([, message]) => message,
      ),
    );
    expect(new Set(written)).toEqual(new Set(MESSAGES));
  });
});

describe("a sentence of doctor", () => {
  test("shares numbers and sentences of the program, and no other text", () => {
    const inner = says`reads ${"/home/anna"} in ${3} ms`;
    expect(says`it ${inner}, then ${"anna"} ${4}`).toEqual({
      text: "it reads /home/anna in 3 ms, then anna 4",
      shareable: "it reads […] in 3 ms, then […] 4",
    });
  });
});
