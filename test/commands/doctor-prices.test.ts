import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeList } from "../../src/pricing/imported-prices.ts";
import { priceChecks } from "../../src/commands/doctor/prices.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import { noDetails, type Observation } from "../../src/model/observation.ts";
import { contextOf, harness } from "../install/harness.ts";
import { plainAction } from "../ledger/sample.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const DAY_MS = 86_400_000;

interface UsedModel {
  readonly model: string;
  readonly days?: number;
  readonly cost?: number;
}

/** The price checks for a ledger with some responses, each some days old. */
async function checksOf(
  used: readonly UsedModel[],
  files: Readonly<Record<string, string>> = {},
  more: readonly Observation[] = [],
): Promise<string[]> {
  using at = harness();
  const path = join(at.home, "ledger.db");
  for (const [name, text] of Object.entries(files)) at.write(`${at.pets}/${name}`, text);
  {
    using ledger = new Ledger(path, () => "harness");
    const observed = used.map(({ model, days = 1, cost }, index): Observation => ({
      kind: "response",
      key: `response:${index}`,
      body: {
        ...noDetails,
        session: "s",
        project: "",
        branch: "",
        agent: "",
        at: NOW - days * DAY_MS,
        model,
        input: 1_000,
        output: 500,
        cacheRead: 0,
        prompt: 1_000,
        reasoning: null,
        cost: cost ?? null,
      },
    }));
    const entries = prepare(ledger.machine, "claude-code", [...observed, ...more]);
    ledger.ingest({ source: "claude-code", entries, skipped: [], restarted: [], files: [] });
  }
  const machine = contextOf({ HOME: at.home, PET_LEDGER_PATH: path }, at.root, {}, []);
  const checks = await priceChecks({ ...machine, clock: { ...machine.clock, now: () => NOW } });
  return checks.map(({ state, message, remedy }) => `${state}: ${message} -> ${remedy}`.replaceAll(at.home, "~"));
}

const REMEDY =
  "import LiteLLM's or models.dev's list with: pawprint prices import <file>, or add a row in ~/.claude/pets/prices.json";

test("doctor counts the thirty days from the last response, not from a later prompt", async () => {
  const prompt: Observation = { kind: "action", key: "action:1", body: { ...plainAction, at: NOW } };
  const checks = await checksOf([{ model: "new-1", days: 60 }], {}, [prompt]);
  expect(checks.filter((check) => check.includes("new-1"))).toHaveLength(1);
});

test("doctor names models in use without a price by descending tokens, with a remedy", async () => {
  expect(
    await checksOf([{ model: "new-1" }, { model: "new-2" }, { model: "new-2" }, { model: "claude-opus-5" }]),
  ).toEqual([
    `note: models without a price, missing from the costs of the last 30 days of use: new-2 (3,000 tokens), new-1 (1,500 tokens) -> ${REMEDY}`,
  ]);
});

test("doctor requires no price for models used long ago or with a charged cost", async () => {
  expect(
    await checksOf([{ model: "new-1", days: 40 }, { model: "new-2", cost: 7 }, { model: "claude-opus-5" }]),
  ).toEqual(["ok: every model of the last 30 days of use has a price (2) -> null"]);
  expect(await checksOf([])).toEqual([]);
});

test("doctor asks for no price of usage that names no model, because none could be given", async () => {
  expect(await checksOf([{ model: "" }])).toEqual([]);
  expect(await checksOf([{ model: "" }, { model: "claude-opus-5" }])).toEqual([
    "ok: every model of the last 30 days of use has a price (1) -> null",
  ]);
});

test("doctor counts models as in use relative to the newest response, not to today", async () => {
  expect((await checksOf([{ model: "new-1", days: 400 }]))[0]).toContain("new-1 (1,500 tokens)");
});

test("doctor names only some of many models without a price, without control characters", async () => {
  const [message = "", ...more] = await checksOf(
    Array.from({ length: 9 }, (_, index) => ({ model: `new-${index}\u001b[31m\u202e` })),
  );
  expect(more).toEqual([]);
  expect(message).toContain(" and 4 more -> ");
  expect(message).not.toMatch(/[\u001b\u202e]/);
});

test("doctor names a price taken from another model as an estimate", async () => {
  expect(await checksOf([{ model: "kiro-claude-opus-5-high" }])).toEqual([
    "note: prices estimated, because no price list contains the names: kiro-claude-opus-5-high as claude-opus-5 -> to set the price of a name, add a row in ~/.claude/pets/prices.json",
  ]);
});

const row = { from: null, input: "1", output: "2", cacheWrite5m: "1", cacheWrite1h: "1", cacheRead: "1" };
const listOn = (importedOn: string): Record<string, string> => ({
  "imported-prices.json":
    encodeList({ title: "LiteLLM", file: "list.json", importedOn, models: { "new-1": row } }) ?? "",
});

test("doctor uses the prices of an imported list, and names the list if it is old or damaged", async () => {
  const fine = "ok: every model of the last 30 days of use has a price (1) -> null";
  expect(await checksOf([{ model: "new-1" }], listOn("2026-11-01"))).toEqual([fine]);
  expect(await checksOf([{ model: "new-1" }], listOn("2026-01-01"))).toEqual([
    fine,
    "note: list.json (LiteLLM) was imported 323 days ago -> download it again and run: pawprint prices import <file>",
  ]);
  expect(await checksOf([{ model: "claude-opus-5" }], { "imported-prices.json": "{" })).toEqual([
    fine,
    "broken: ~/.claude/pets/imported-prices.json is damaged: import it again with pawprint prices import -> import it again, or delete it",
  ]);
});

test("doctor names a broken price file of the user, and checks no prices without a ledger", async () => {
  expect(await checksOf([], { "prices.json": "{" })).toEqual([
    expect.stringMatching(/^broken: ~\/\.claude\/pets\/prices\.json: /),
  ]);
  const folder = mkdtempSync(join(tmpdir(), "pawprint-doctor-"));
  try {
    writeFileSync(join(folder, "no-ledger"), "");
    expect(await priceChecks(contextOf({ HOME: folder }, folder, {}, []))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
