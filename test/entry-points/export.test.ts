import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { exportSchema } from "../../src/model/export-schema.ts";
import { fields, listOf } from "../../src/utils/json.ts";
import { recordedHome } from "./ledger-home.ts";
import type { Home } from "./program.ts";

/** The lists of an export, and the reports and lists that they equal. */
const REPORTS = {
  daily: ["daily", "daily"],
  projects: ["projects", "projects"],
  sessions: ["session", "sessions"],
  activity: ["activity", "sessions"],
  tools: ["tools", "tools"],
  files: ["files", "files"],
} as const;

/** A home with recorded sessions, a day that another program counted, and a model without a price. */
async function exportHome(): Promise<Home> {
  const home = recordedHome();
  const counts = { inputTokens: 1, outputTokens: 2, cacheCreationTokens: 3, cacheReadTokens: 4 };
  const models = [
    { modelName: "m", ...counts, cost: 0.5 },
    { modelName: "n", ...counts },
  ];
  writeFileSync(
    join(home.path, "project/c.json"),
    JSON.stringify({ daily: [{ date: "2026-11-01", ...counts, modelBreakdowns: models }] }),
  );
  expect((await home.run("cli", ["import", "c.json"])).code).toBe(0);
  return home;
}

/** The output of a command that must succeed. */
async function printed(home: Home, ...args: string[]): Promise<string> {
  const { code, out, err } = await home.run("cli", args);
  expect({ args, code, err }).toEqual({ args, code: 0, err: args.includes("--csv") ? err : "" });
  return out;
}

const jsonOf = async (home: Home, ...args: string[]) => fields(JSON.parse(await printed(home, ...args)));

/** The options without those that the report refuses because they would change nothing in it. */
const takenBy = (report: string, options: readonly string[]): readonly string[] =>
  ["tools", "files", "git"].includes(report)
    ? options.filter((one) => !/^(?:--cost-mode|calculate)$/.test(one))
    : options;

describe("pawprint export", () => {
  test.each([
    [[]],
    [["--since", "2026-11-20", "--until", "2026-11-20", "--timezone", "Asia/Kolkata"]],
    [["--project", "one", "--cost-mode", "calculate"]],
    [["--source", "codex"]],
  ])("writes one document with the rows and totals of the reports: %p", async (filter) => {
    using home = await exportHome();
    const path = join(home.path, "usage.json");
    expect(await printed(home, "export", path, ...filter)).toMatch(
      /^\d+\.\d kB written to .*usage\.json\n$|^\d+ B written/,
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const document = fields(JSON.parse(readFileSync(path, "utf8")));
    expect(exportSchema.safeParse(document).error?.issues).toBeUndefined();
    const totals = fields(document["totals"]);
    for (const [name, [report, list]] of Object.entries(REPORTS)) {
      const json = await jsonOf(home, report, "--json", ...takenBy(report, filter));
      expect({ name, rows: document[name], totals: totals[name] }).toEqual({
        name,
        rows: json[list],
        totals: json["totals"],
      });
    }
    const git = fields((await jsonOf(home, "git", "--json", ...takenBy("git", filter)))["totals"]);
    expect(totals["gitOperations"]).toEqual({
      count: git["count"],
      failed: git["failed"],
      outcomeUnknown: git["outcomeUnknown"],
    });
    expect(listOf(document["gitOperations"])).toHaveLength(Number(git["count"]));
    // The same to standard output, but for the time.
    const streamed = await jsonOf(home, "export", "-", ...filter);
    expect({ ...streamed, exportedAt: document["exportedAt"] } as unknown).toEqual(document);
  });

  test("is described by the schema that pawprint schema export prints, each field with its unit", async () => {
    using home = await exportHome();
    const schema = await jsonOf(home, "schema", "export");
    expect(schema).toEqual(fields(JSON.parse(JSON.stringify(z.toJSONSchema(exportSchema)))));
    expect(JSON.stringify(schema)).toContain("US dollars");
  });

  test("writes the CSV of each report into a directory that only the user can read", async () => {
    using home = await exportHome();
    const directory = join(home.path, "csv");
    const out = await printed(home, "export", "--csv", directory, "--last", "30d");
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const names = [...Object.keys(REPORTS), "git-operations"].map((name) => `${name}.csv`);
    expect(readdirSync(directory).toSorted()).toEqual(names.toSorted());
    for (const [name, [report]] of Object.entries(REPORTS)) {
      expect(readFileSync(join(directory, `${name}.csv`), "utf8").trimEnd()).toBe(
        (await printed(home, report, "--csv", "--last", "30d")).trimEnd(),
      );
      expect(statSync(join(directory, `${name}.csv`)).mode & 0o777).toBe(0o600);
    }
    expect(out.split("\n")).toHaveLength(names.length + 1);
    expect(await home.run("cli", ["export", "--csv", directory])).toMatchObject({ code: 1, out: "" });
    expect((await home.run("cli", ["export", "--csv", directory, "--force"])).code).toBe(0);
  });

  test("replaces an existing file only with --force, and never a link or a directory", async () => {
    using home = await exportHome();
    const at = (name: string): string => join(home.path, name);
    writeFileSync(at("mine.json"), "mine");
    symlinkSync(at("mine.json"), at("link.json"));
    for (const [args, message] of [
      [["mine.json"], "mine.json exists already"],
      [["link.json", "--force"], "link.json is not a regular file"],
      [["project", "--force"], "project is not a regular file"],
      [["none/usage.json"], "there is no directory"],
      [[".claude/pets/ledger.db", "--force"], "ledger.db is a file of the ledger"],
      [["--csv", "mine.json"], "mine.json is not a directory"],
    ] as const) {
      const { code, out, err } = await home.run("cli", ["export", ...args], { cwd: home.path });
      expect({ args, code, out, err }).toEqual({
        args,
        code: 1,
        out: "",
        err: expect.stringContaining(message) as string,
      });
    }
    expect(readFileSync(at("mine.json"), "utf8")).toBe("mine");
    const before = readdirSync(home.path);
    await home.run("cli", ["export", "mine.json", "--force"], { cwd: home.path });
    expect(exportSchema.safeParse(JSON.parse(readFileSync(at("mine.json"), "utf8"))).success).toBe(true);
    // A report that fails leaves neither a temporary file nor a changed one.
    const { code } = await home.run("cli", ["export", "other.json", "--cost-mode", "free"], { cwd: home.path });
    expect({ code, names: readdirSync(home.path) }).toEqual({ code: 2, names: before });
  });

  test.each([[[]], [["a.json", "b.json"]], [["a.json", "--csv", "d"]], [[""]], [["--csv", ""]]])(
    "refuses the arguments %p",
    async (args) => {
      using home = recordedHome();
      const { code, err } = await home.run("cli", ["export", ...args]);
      expect({ code, first: err.split("\n")[0] }).toEqual({
        code: 2,
        first: "pawprint: export needs one file, or --csv and a directory",
      });
    },
  );
});
