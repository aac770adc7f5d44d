import { describe, expect, test } from "bun:test";
import { files } from "../../src/reports/files.ts";
import { styleOf } from "../../src/utils/terminal.ts";
import { runReport, golden, fullContext } from "./harness.ts";
import { ledgerOf } from "./sample.ts";
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

  test("a long list is drawn in part, while rows and JSON have all files", async () => {
    using ledger = ledgerOf([
      session("/p"),
      ...Array.from({ length: 60 }, (_, index) => changed(index, `/p/${index}.ts`)),
    ]);
    const { rows, draw, json } = await runReport(files, { since: "2026-11-19" }, fullContext(ledger), ledger);
    const style = styleOf({ theme: "classic", glyphs: "ascii", colour: false, links: false });
    expect(rows.length).toBe(60);
    expect((json as { files: unknown[] }).files.length).toBe(60);
    expect(draw?.(style, 80).at(-1)).toBe("20 more below: --json and --csv have all");
  });

  test("--model is ignored with a note", async () => {
    const { cells, notes } = await runReport(files, { model: "opus" });
    expect(cells).toEqual((await runReport(files)).cells);
    expect(notes.join()).toContain("--model was ignored");
  });
});
