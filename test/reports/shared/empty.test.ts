import { describe, expect, test } from "bun:test";
import { daily } from "../../../src/reports/daily.ts";
import { overview } from "../../../src/reports/overview.ts";
import { tools } from "../../../src/reports/tools.ts";
import type { Report } from "../../../src/reports/contract.ts";
import { explainEmpty } from "../../../src/reports/shared/empty.ts";
import { contextOf, ledgerOf, queryOf, sampleLedger } from "../sample.ts";
import { sampleObservations } from "../sample-work.ts";
import { tableOf } from "../../../src/render/table.ts";
import { plain } from "../render-text.ts";

const sample = sampleLedger();
const context = contextOf(sample);

async function notesOf(report: Report, options: Parameters<typeof queryOf>[1]): Promise<readonly string[]> {
  const query = queryOf(sample, options);
  const { notes, rows, isEmpty } = await explainEmpty(await report.run(query, context), query, context);
  return (isEmpty ?? rows.length === 0) ? notes.slice(-1) : ["there is usage"];
}

const HELD = "The ledger covers 2026-10-05 to 2026-11-20";

describe("a report without rows over a ledger with usage", () => {
  test.each([
    [{ project: "nope" }, "of project nope"],
    [{ since: "2027-01-01" }, "since 2027-01-01"],
    [{ since: "2020-01-01", until: "2020-01-31" }, "since 2020-01-01 until 2020-01-31"],
    [{ model: "nope", branch: "none" }, "of model nope and none of branch none"],
    [{ source: "codex" }, "of source codex"],
    [{ accounts: ["/home/dev/.claude-b"] }, "of account ~/.claude-b"],
    [{ model: "opus", project: "nope" }, "of project nope"],
  ])("names the condition that nothing matches for %j", async (options, condition) => {
    expect(await notesOf(daily, options)).toEqual([`${HELD}, but has no usage ${condition}.`]);
  });

  test("says so where each condition matches something, but not all of them together", async () => {
    const notes = await notesOf(daily, { since: "2026-10-17", until: "2026-10-17", model: "haiku" });
    expect(notes).toEqual([`${HELD}, but has no usage on 2026-10-17 and of model haiku together.`]);
  });

  test("the overview says so too, although it always has rows", async () => {
    expect(await notesOf(overview, { project: "nope" })).toEqual([`${HELD}, but has no usage of project nope.`]);
    expect(await notesOf(overview, { project: "api" })).toEqual(["there is usage"]);
  });

  test("adds nothing where usage matches and only the activity is missing", async () => {
    const query = queryOf(sample, { since: "2026-10-05", until: "2026-10-05" });
    const result = await tools.run(query, context);
    expect((await explainEmpty({ ...result, rows: [] }, query, context)).notes).toEqual(result.notes);
  });
});

test("an empty ledger gets a note that names the assistants, as a page shows it without the table", async () => {
  const ledger = ledgerOf([]);
  const query = queryOf(ledger, {});
  const assistants = ["One", "Two", "Three", "Four", "Five"].map((title) => ({
    name: title,
    title,
    tested: "",
    gaps: [],
    roots: [],
  }));
  const { notes } = await explainEmpty(await daily.run(query, contextOf(ledger)), query, {
    ...contextOf(ledger),
    assistants,
  });
  expect(notes.at(-1)).toContain("(One, Two, Three, Four and 1 more)");
});

test("a ledger with activity alone gets no note about usage", async () => {
  const prompts = sampleObservations().filter(({ kind }) => kind === "action");
  const ledger = ledgerOf(prompts);
  expect(prompts.length).toBeGreaterThan(0);
  for (const options of [{}, { project: "nope" }]) {
    const query = queryOf(ledger, options);
    const result = await daily.run(query, contextOf(ledger));
    expect((await explainEmpty(result, query, contextOf(ledger))).notes).toEqual(result.notes);
  }
});

test("a report of imported days alone lists no searched folders", async () => {
  const ledger = ledgerOf(sampleObservations().filter(({ kind }) => kind === "day"));
  const query = queryOf(ledger);
  const result = await daily.run(query, contextOf(ledger));
  expect(result.rows.length).toBeGreaterThan(0);
  expect(await explainEmpty(result, query, contextOf(ledger))).toBe(result);
});

test("an empty ledger lists an assistant's existing folders, and counts the others of one without any", async () => {
  const empty = ledgerOf([]);
  const assistants = context.assistants.map((one) =>
    one.name === "codex" ? { ...one, roots: one.roots.map((root) => ({ ...root, exists: false })) } : one,
  );
  const query = queryOf(empty);
  const asked = { ...contextOf(empty), assistants };
  const result = await explainEmpty(await daily.run(query, asked), query, asked);
  const lines = result.draw?.(plain, 80, result.rows) ?? [];
  expect(lines[0]).toBe(tableOf(result, { width: 80, style: plain })[0] ?? "");
  expect(lines.find((line) => line.startsWith("Codex"))).toMatch(/~\/\.codex\/sessions +not there, nor 1 other$/);
  expect(lines.filter((line) => line.startsWith("Claude Code"))).toHaveLength(2);
});
