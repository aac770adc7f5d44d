import { describe, expect, test } from "bun:test";
import { cursor } from "../../src/sources/cursor.ts";
import { readState } from "../../src/sources/cursor/state.ts";
import { openState, statePath, writeRows } from "./cursor.ts";
import { SourceHarness } from "./harness.ts";

const message = (id: string, tokens: number) =>
  [
    `bubbleId:c:${id}`,
    { type: 2, createdAt: "2026-01-06T10:00:00.000Z", tokenCount: { inputTokens: tokens, outputTokens: 1 } },
  ] as const;

describe("a large state of the Cursor editor", () => {
  test("a value that is too long for a message is skipped, and its neighbours are counted", async () => {
    using harness = new SourceHarness([cursor]);
    using database = openState(harness.home);
    writeRows(database, [message("a", 1)]);
    database.run("INSERT INTO cursorDiskKV VALUES ('bubbleId:c:long', zeroblob(64 * 1048576 + 1))");
    writeRows(database, [message("b", 2)]);
    await harness.scan();
    expect(harness.totals).toMatchObject({ responses: 2, input: 3 });
    expect(harness.skipped).toEqual([{ path: statePath(harness.home), offset: 2, reason: "line_too_long" }]);
  });

  test("is read row by row, so that no value is sorted in memory", () => {
    using harness = new SourceHarness([cursor]);
    using database = openState(harness.home);
    const plans: string[] = [];
    const tables = {
      path: "",
      modifiedAt: 0,
      readSibling: () => null,
      listFolder: () => [],
      columns: () => ["key", "value"],
      rows(sql: string, ...values: (string | number)[]) {
        const plan = database.query<{ detail: string }, typeof values>(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
        plans.push(...plan.map(({ detail }) => detail));
        return [];
      },
    };
    for (const phase of ["usage", "activity"] as const)
      for (const _ of readState(phase, tables, { memory: null, emit: () => undefined, skip: () => undefined }));
    expect(plans).toEqual([expect.stringContaining("rowid>?"), expect.stringContaining("rowid>?")]);
  });
});
