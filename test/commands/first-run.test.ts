import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import session from "../../data/sample-session.json";
import { openLedgerFor } from "../../src/cli/report-command.ts";
import type { Context } from "../../src/commands/contract.ts";
import { demo } from "../../src/commands/demo.ts";
import { DemoMachine } from "../../src/commands/first-run/demo-machine.ts";
import { start } from "../../src/commands/start.ts";
import { logFiles } from "../../src/monitoring/LogFiles.ts";
import { openSink } from "../../src/monitoring/sinks/registry.ts";
import { recordSchemas } from "../../src/model/record-schema.ts";
import { recordKinds } from "../../src/model/record.ts";
import { width } from "../../src/utils/terminal.ts";
import { contextOf } from "../install/harness.ts";
import { responseLine } from "../ledger/home.ts";
import { fakeClaude, removeTemporaries } from "../monitoring/fake-claude.ts";

const root = join(import.meta.dir, "../..");
const jq = Bun.which("jq");
const jqFolder = dirname(jq ?? "/usr/bin/jq");
/** A test of answers that jq gives. */
const testWithJq = test.skipIf(jq === null);
afterAll(removeTemporaries);

let home = "";
let printed: string[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "pawprint-first-run-"));
  printed = [];
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/**
 * A machine at a time and of a width, whose output is in `printed`. The time is not after that of the files, because files
 * of a log that were changed before the records that are asked for are not read.
 */
function contextAt(time: string, env: Record<string, string> = {}, columns = 80): Context {
  const given = contextOf({ HOME: home, PATH: jqFolder, TZ: "UTC", ...env }, root, {}, printed);
  return {
    ...given,
    clock: { ...given.clock, now: () => Date.parse(time) },
    terminal: { colour: false, columns },
  };
}
const NOON = "2025-11-29T12:00:00.000Z";
/** The lines below a heading. */
function below(heading: string): string[] {
  const at = printed.findIndex((line) => /^\d {2}/.test(line) && line.includes(heading));
  const rest = printed.slice(at + 1);
  const end = rest.findIndex((line) => /^\d {2}/.test(line));
  return end < 0 ? rest : rest.slice(0, end);
}

describe("the demo", () => {
  test("says first what it is, and then shows each step", async () => {
    expect(await demo.run(contextAt(NOON, {}, 100))).toBe(0);
    expect(printed[0]).toBe("This is a demo on a recorded answer; nothing is read from or written to your home.");
    const headings = printed.filter((line) => /^\d {2}/.test(line));
    expect(headings.map((line) => Number(line[0]))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(below("The line").slice(0, 2).join("\n")).toMatch(/Opus 5\.5.*\$0\.22[^]*5h 42% {2}7d 17% {2}Fable 9%/);
    expect(below("Install it").join("\n")).toContain("install --log");
  });

  test("explains the parts of the line that the user has chosen", async () => {
    await demo.run(contextAt(NOON, { PET_SEGMENTS: "pet,cost,pace" }));
    const meanings = below("The line").filter((line) => /^ {2}\S+ {3,}/.test(line));
    expect(meanings.map((line) => line.trim().split(" ")[0])).toEqual(["$", "pace"]);
  });

  test.each([
    ["just after midnight", "2025-11-29T00:00:30.000Z", {}],
    ["in the hour that a clock change repeats", "2025-10-26T00:30:00.000Z", { TZ: "Europe/Berlin" }],
    ["in a zone ahead of UTC, on the first day of a year", "2025-01-01T03:00:00.000Z", { TZ: "Asia/Kolkata" }],
  ])("shows current limits and usage of today %s", async (_, time, env) => {
    await demo.run(contextAt(time, env, 120));
    expect(below("The line").join("\n")).toContain("5h 42%");
    expect(below("Everything").find((line) => line.includes("5 hours"))).toContain("in 2h");
    expect(below("Everything").find((line) => line.includes("Today"))).not.toContain("$0.00");
  });

  testWithJq("answers the queries with jq: six readings, a warning, and a finding that was resolved", async () => {
    await demo.run(contextAt(NOON, {}, 200));
    const lines = below("Questions").map((line) => line.trim());
    expect(lines.filter((line) => /^2025-11-29T1[12]:\d\d:00.000Z {2}\d+$/.test(line))).toHaveLength(6);
    expect(lines.find((line) => line.startsWith("1 claude command at"))).toContain("missing or broken");
    expect(lines.filter((line) => line.includes("  resolved  claude command at"))).toHaveLength(1);
    expect(lines.filter((line) => line.includes("  appeared  "))).toHaveLength(2);
  });

  test("shows the queries without answers, and says so, where jq is missing", async () => {
    await demo.run(contextAt(NOON, { PATH: home }));
    expect(below("Questions").join("\n")).toContain("jq is not on PATH");
    expect(below("Questions").join("\n")).toContain("' usage.jsonl");
    expect(below("Questions").filter((line) => /^ +2025/.test(line))).toEqual([]);
  });

  test.each([22, 60, 80, 100, 140, 200])("has no line wider than %d columns, except commands", async (columns) => {
    for (const env of [{}, { PET_GLYPHS: "ascii" }]) await demo.run(contextAt(NOON, env, columns));
    // A command is printed whole, because it is to be copied.
    const isCommand = (line: string): boolean => /dist\/cli\.js|^ {2}jq |^ {4}["[|]|^ {5} {2}|jsonl$/.test(line);
    expect(printed.filter((line) => width(line) > columns && !isCommand(line))).toEqual([]);
    expect(printed.join("\n")).not.toMatch(/undefined|NaN|\[object/);
  });

  test("writes valid records, and transcripts in which the session costs what its line says", async () => {
    using machine = new DemoMachine(contextAt(NOON));
    const { context, directory } = machine;
    await machine.capture();
    const sink = openSink(context.settings, context.places, directory);
    const records = recordKinds.map((kind) => [kind, [...sink.read(kind, 0)]] as const);
    sink.close();
    for (const [kind, found] of records) {
      for (const { scope: _, ...record } of found) recordSchemas[kind].parse(record);
    }
    expect(records.map(([kind, found]) => [kind, found.length])).toEqual(
      expect.arrayContaining([
        ["usage", 6],
        ["status", 2],
        ["diagnostics", 3],
      ]),
    );
    expect(existsSync(logFiles(directory, context.places.scope).state)).toBe(true);
    using opened = openLedgerFor(context);
    await opened.collector.scan("usage");
    const at = { from: 0, to: Date.parse(NOON) + 1, session: session.session_id };
    const rows = await opened.ledger.queries.responses(at);
    expect(rows).toHaveLength(9);
    const usage = records.find(([kind]) => kind === "usage")?.[1].at(-1);
    expect(usage).toMatchObject({ usage_data: { cost_micros: Math.floor(session.cost.total_cost_usd * 1e6) } });
  });

  test("uses how the user wants the line to look, and none of the user's directories", () => {
    const env = {
      PET_THEME: "meadow",
      PET_LOG_DIR: `${home}/logs`,
      CLAUDE_CONFIG_DIR: `${home}/other`,
      PET_HOME: home,
    };
    using machine = new DemoMachine(contextAt(NOON, env));
    const { env: used, places, settings } = machine.context;
    expect(settings.theme).toBe("meadow");
    expect(JSON.stringify([used, places, settings, machine.directory])).not.toContain(home);
  });
});

describe("the steps in a terminal", () => {
  /** The demo in a terminal in which a user types these lines, and the lines printed before each question. */
  async function typed(...answers: string[]): Promise<{ asked: string[]; screens: string[][] }> {
    const asked: string[] = [];
    const screens: string[][] = [];
    const ask = (question: string): Promise<string> => {
      asked.push(question);
      screens.push(printed.splice(0));
      return Promise.resolve(answers.shift() ?? "");
    };
    await demo.run({ ...contextAt(NOON), ask });
    return { asked, screens: [...screens, printed] };
  }

  test("wait for Enter, and end at q", async () => {
    const { asked, screens } = await typed("", "q");
    expect(asked).toEqual(["Enter: step 2 of 6; q and Enter: leave", "Enter: step 3 of 6; q and Enter: leave"]);
    expect(screens.flat().filter((line) => /^\d {2}/.test(line))).toHaveLength(2);
  });

  test("but the overview fit 24 rows of 80 columns with the question below", async () => {
    const { screens } = await typed();
    const heights = screens.map((lines) => lines.length - (lines[0] === "" ? 1 : 0));
    expect(heights.map((rows) => (rows > 22 ? rows : "fits"))).toEqual(["fits", "fits", "fits", "fits", 27, "fits"]);
  });
});

describe("start", () => {
  test("runs the demo and says why where there is no Claude Code", async () => {
    await start.run(contextAt(NOON, {}, 100));
    expect(printed[0]).toMatch(/^Claude Code was not found: no claude is on PATH/);
    expect(printed.join("\n")).toContain("This is a demo on a recorded answer");
    expect(below("The line").join("\n")).toContain("with the recorded limits");
    expect(readdirSync(home)).toEqual([]);
  });

  testWithJq(
    "shows the limits that this machine's Claude Code answered, and the demo's usage where it has none",
    async () => {
      const fake = fakeClaude();
      const env = { PET_CLAUDE_COMMAND: fake.program, PET_LOG_DIR: `${home}/logs`, FAKE: dirname(fake.program) };
      await start.run(contextAt("2026-11-20T09:00:00.000Z", env, 120));
      expect(printed[0]).toBe(
        `Asking ${fake.program} once for usage and status, without calling a model or running your hooks ...`,
      );
      expect(below("The line").join("\n")).toMatch(/5h 42%[^]*this machine's limits/);
      expect(below("The record").join("\n")).toContain(`The only usage record of the last hour, in ${home}/logs.`);
      expect(below("daily").at(-2)).toContain("this is the demo's");
      expect(below("Questions").join("\n")).toMatch(/usage\.jsonl\n {2}2026-11-20T09:00:00\.000Z {2}42\n/);
      expect(fake.starts().filter((args) => args.includes("stream-json"))).toHaveLength(1);
    },
  );

  test("reports the usage of this machine where there is any", async () => {
    const fake = fakeClaude();
    const folder = join(home, ".claude/projects/-home-dev-work-api");
    mkdirSync(folder, { recursive: true });
    const at = Date.parse("2026-11-20T08:30:00.000Z");
    writeFileSync(join(folder, "5e551011.jsonl"), `${responseLine("1", { at, input: 4_321 })}\n`);
    const env = { PET_CLAUDE_COMMAND: fake.program, PET_LOG_DIR: `${home}/logs`, FAKE: dirname(fake.program) };
    await start.run(contextAt("2026-11-20T09:00:00.000Z", env, 120));
    expect(below("daily").join("\n")).toContain("4,321");
    expect(printed.join("\n")).not.toContain("this is the demo's");
  });

  testWithJq("says what failed where Claude Code gives no answer, and shows the rest", async () => {
    const fake = fakeClaude({ control: "exit 1", usage: "exit 1", auth: "exit 1", doctor: "exit 1" });
    const env = { PET_CLAUDE_COMMAND: fake.program, PET_LOG_DIR: `${home}/logs`, FAKE: dirname(fake.program) };
    await start.run(contextAt(NOON, env, 120));
    expect(printed.slice(0, 3).join("\n")).toContain("Claude Code gave no usable answer: ");
    expect(below("The line").join("\n")).toContain("no limits: none are known on this machine");
    expect(below("Questions").map((line) => line.trim())).toContain("nothing");
    expect(below("Questions").join("\n")).toContain("nothing: there is no diagnostics.jsonl yet");
    expect(below("Everything").join("\n")).toContain("5 hours");
    expect(below("Install it").join("\n")).toContain("install --log");
  });

  testWithJq("shows the last lines of a long answer, and says how many there are before", async () => {
    const fake = fakeClaude();
    const env = { PET_CLAUDE_COMMAND: fake.program, PET_LOG_DIR: `${home}/logs`, FAKE: dirname(fake.program) };
    await start.run(contextAt("2026-11-20T09:00:00.000Z", env, 120));
    const file = `${home}/logs/usage.jsonl`;
    const record = readFileSync(file, "utf8");
    for (let minute = 1; minute < 8; minute++) appendFileSync(file, record.replaceAll("09:00:00", `09:0${minute}:00`));
    printed = [];
    await start.run(contextAt("2026-11-20T09:08:00.000Z", env, 120));
    const lines = below("Questions").map((line) => line.trim());
    const answer = lines.slice(lines.indexOf("4 earlier lines, and") + 1, lines.indexOf(""));
    expect(answer.map((line) => line.slice(11, 16))).toEqual("09:04 09:05 09:06 09:07 09:08".split(" "));
  });
});
