import { afterAll, describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import usageAnswer from "../fixtures/control/oauth-seed.get_usage.json";
import { UsageAccounting } from "../../src/monitoring/accounting/UsageAccounting.ts";
import { QUERIES, shellLines } from "../../src/commands/first-run/queries.ts";
import { sessionOf } from "../../src/model/session.ts";
import { jsonl } from "../../src/monitoring/sinks/jsonl.ts";
import { logFiles } from "../../src/monitoring/LogFiles.ts";
import { Recorder } from "../../src/monitoring/Recorder.ts";
import type { ClaudeAnswers } from "../../src/monitoring/types.ts";
import { readSettings } from "../../src/utils/config.ts";
import { responseLine } from "../ledger/home.ts";

const root = join(import.meta.dir, "../..");
const doctor = readFileSync(join(root, "test/fixtures/cli/key-doctor.stdout"), "utf8")
  .replace(
    "No installation issues found.",
    "1 warning found\n- Can't auto-update: npm global folder isn't writable\n  Fix: Run claude install",
  )
  .replace(/^Auto-updates: .*$/m, "Auto-updates: enabled");

const directory = mkdtempSync(join(tmpdir(), "pawprint-queries-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Tokens used in each minute, and the number of minutes. */
const TOKENS_PER_MINUTE = { input: 100, output: 20 };
const MINUTES = 61;

/** Writes a log of two sessions over two hours with the real recorder, from recorded answers and a growing transcript. */
async function makeLog(): Promise<void> {
  const { settings } = readSettings([]);
  const asked: ClaudeAnswers = {
    usage: { source: "control", data: usageAnswer },
    status: { get_status: null, auth_status: { email: "dev@example.com" }, doctor },
    failure: null,
    wallMs: 1,
  };
  let now = Date.parse("2025-11-04T12:00:00.000Z");
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  const home = join(directory, "home");
  const transcripts = join(home, ".claude/projects/p");
  mkdirSync(transcripts, { recursive: true });
  using accounts = new UsageAccounting({
    ledger: join(home, "ledger.db"),
    home,
    pets: join(home, "pets"),
    env: {},
    clock,
    zone: "UTC",
    timeoutMs: { before: 30_000, after: 30_000 },
  });
  const recorder = new Recorder({
    files: logFiles(directory, "login-x"),
    scope: "login-x",
    settings,
    home: "/home/user",
    clock,
    accounting: accounts,
    log: jsonl.open({ ...settings, directory, dbPath: "" }),
    client: { ask: (want) => Promise.resolve({ ...asked, status: want.status ? asked.status : null }) },
    messages: pino({ enabled: false }),
    freeBytes: () => 10 ** 12,
  });
  for (let minute = 0; minute < MINUTES; minute++, now += 60_000) {
    const line = responseLine(`minute-${minute}`, { ...TOKENS_PER_MINUTE, at: now - 30_000 });
    appendFileSync(join(transcripts, "s.jsonl"), `${line}\n`);
    const fable = minute === 30 ? sessionOf({ session_id: "s-2", model: { id: "claude-fable-1" } }) : null;
    await recorder.run(fable ?? sessionOf({ session_id: "s-1", model: { id: "claude-opus-5-5" } }));
  }
}

/** The queries of src/monitoring/README.md by the comments above them. */
function queries(): Map<string, string> {
  const block =
    /## Querying the log\n\n```sh\n([\s\S]*?)```/.exec(
      readFileSync(join(root, "src/monitoring/README.md"), "utf8"),
    )?.[1] ?? "";
  return new Map(
    [...block.matchAll(/^# (.+?)(?: \(.*\))?\n(jq .+)$/gm)].map((match) => [match[1] ?? "", match[2] ?? ""]),
  );
}

function ask(query: string): string[] {
  const { stdout, stderr, exitCode } = Bun.spawnSync(["bash", "-o", "pipefail", "-c", query], { cwd: directory });
  if (exitCode !== 0) throw new Error(`${query}: ${stderr.toString()}`);
  return stdout
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => line.trim());
}

const DENIED = "Can't auto-update: npm global folder isn't writable";
const MISMATCH = "Installation config mismatch: running npm-global but config says unknown";

/** The expected answer of each query on that log, worked out by hand. */
const expected: Readonly<Record<string, readonly string[]>> = {
  "Total tokens used today": [String(MINUTES * (TOKENS_PER_MINUTE.input + TOKENS_PER_MINUTE.output))],
  "Models used": ["1 claude-fable-1", "2 claude-opus-5-5"],
  "Status records per hour": ["2 12", "1 13"],
  "All diagnostic warnings": [`3 ${DENIED}`],
  "Config mismatches over time": [
    `2025-11-04T12:00:00.000Z ${MISMATCH}`,
    `2025-11-04T12:30:00.000Z ${MISMATCH}`,
    `2025-11-04T13:00:00.000Z ${MISMATCH}`,
  ],
  "Permission issues timeline": [
    "2025-11-04T12:00:00.000Z - Auto-update permission: false",
    "2025-11-04T12:30:00.000Z - Auto-update permission: false",
    "2025-11-04T13:00:00.000Z - Auto-update permission: false",
  ],
  "Sessions with sudo requirements": [
    "dev@example.com (2025-11-04T12:00:00.000Z)",
    "dev@example.com (2025-11-04T12:30:00.000Z)",
    "dev@example.com (2025-11-04T13:00:00.000Z)",
  ],
  "How full the five-hour window was, minute by minute": Array.from(
    { length: 61 },
    (_, minute) => `2025-11-04T1${minute < 60 ? 2 : 3}:${String(minute % 60).padStart(2, "0")}:00.000Z\t42`,
  ),
  "What appeared and what was resolved": [
    `2025-11-04T12:00:00.000Z\tappeared\tconfig_mismatch\t${MISMATCH}`,
    `2025-11-04T12:00:00.000Z\tappeared\tpermission_warning\t${DENIED}`,
  ],
};

const hasJq = Bun.which("jq") !== null;

describe("the jq queries of the log's page", async () => {
  await makeLog();
  test("all have an expected answer in this test", () => {
    expect([...queries().keys()]).toEqual(Object.keys(expected));
  });
  test.skipIf(!hasJq).each([...queries()])('the query "%s" gives the expected answer', (title, query) => {
    expect(ask(query)).toEqual([...(expected[title] ?? [])]);
  });
  test.skipIf(!hasJq)("include working queries for the output of start", () => {
    for (const query of QUERIES) expect(ask(shellLines(query).join("\n"))[0]).not.toBe("");
  });
});
