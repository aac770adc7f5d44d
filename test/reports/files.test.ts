import { describe, expect, test } from "bun:test";
import { resultLines } from "../../src/cli/report-command.ts";
import { files } from "../../src/reports/files.ts";
import { styleOf } from "../../src/utils/terminal.ts";
import { runReport, golden, fullContext } from "./harness.ts";
import { ledgerOf, queryOf } from "./sample.ts";
import type { Observation } from "../../src/model/observation.ts";

const changed = (index: number, target: string, project = "/home/ada/work/api"): Observation => ({
  kind: "action",
  key: `action:file:${index}`,
  body: {
    session: "s",
    project,
    branch: "main",
    agent: "",
    action: "file",
    copy: 0,
    at: Date.parse("2026-11-19T10:00:00Z") + index,
    ended: null,
    name: "update",
    model: null,
    ok: null,
    duration: null,
    target,
    tool: null,
    added: 100 - index,
    removed: 0,
    length: 0,
  },
});
const session = (project: string): Observation => ({
  kind: "session",
  key: `session:${project}`,
  body: {
    session: project,
    project,
    branch: "main",
    agent: "",
    first: Date.parse("2026-11-19T09:00:00Z"),
    last: Date.parse("2026-11-19T11:00:00Z"),
    reason: null,
    version: "",
  },
});

describe("files", () => {
  golden(files);

  test("paths are relative to the innermost project, and absolute outside of any project", async () => {
    using ledger = ledgerOf([
      session("/home/ada/work/api"),
      session("/home/ada/work/api/web"),
      changed(0, "/home/ada/work/api/web/a.ts"),
      changed(1, "/home/ada/work/api/b.ts"),
      changed(2, "/home/ada/work/apiary/c.ts"),
    ]);
    const { cells } = await runReport(files, { since: "2026-11-19" }, fullContext(ledger), ledger);
    expect(cells.map(([file, project]) => [file, project])).toEqual([
      ["a.ts", "web"],
      ["b.ts", "api"],
      ["/home/ada/work/apiary/c.ts", "(unknown)"],
    ]);
  });

  test("a long list is shown in part, while rows and JSON have all files", async () => {
    using ledger = ledgerOf([
      session("/p"),
      ...Array.from({ length: 60 }, (_, index) => changed(index, `/p/${index}.ts`)),
    ]);
    const result = await files.run(queryOf(ledger, { since: "2026-11-19" }), fullContext(ledger));
    const style = styleOf({ theme: "classic", glyphs: "ascii", colour: false, links: false });
    expect(result.rows.length).toBe(60);
    expect(result.json(result.rows)).toMatchObject({ files: { length: 60 } });
    const lines = resultLines(result, style, 80);
    expect(lines.filter((line) => line.includes(".ts"))).toHaveLength(40);
    expect(lines.at(-1)).toBe("Showing the first 40 of 60 rows; totals are those of all. --limit sets how many.");
  });

  test("files are listed by how often they were changed, then by changed lines", async () => {
    using ledger = ledgerOf([
      session("/p"),
      ...["often", "often", "once", "again", "again", "again"].map((name, index) => changed(index, `/p/${name}.ts`)),
    ]);
    const { cells } = await runReport(files, { since: "2026-11-19" }, fullContext(ledger), ledger);
    expect(cells.map(([name]) => name)).toEqual(["again.ts", "often.ts", "once.ts"]);
  });
});
