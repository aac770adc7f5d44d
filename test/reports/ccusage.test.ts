import { afterAll, beforeAll, describe, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Costs } from "../../src/pricing/costs.ts";
import { Collector } from "../../src/collector/Collector.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { PriceTable } from "../../src/model/price.ts";
import { reports } from "../../src/reports/registry.ts";
import { sources } from "../../src/sources/registry.ts";
import { ccusage, expectSame, type Fields, runCcusage } from "./ccusage.ts";
import { writeCorpus } from "./corpus.ts";
import { contextOf, NOW, queryOf } from "./sample.ts";

describe.skipIf(!ccusage)("reports compared with ccusage", () => {
  const home = mkdtempSync(join(tmpdir(), "pawprint-ccusage-"));
  const ledger = new Ledger(":memory:", () => "harness");

  beforeAll(async () => {
    writeCorpus(home);
    await new Collector(ledger, sources, { env: {}, home, now: () => NOW }).scan("usage");
  });
  afterAll(() => {
    ledger[Symbol.dispose]();
    rmSync(home, { recursive: true, force: true });
  });

  test.each(
    ["daily", "weekly", "monthly", "session", "blocks"].flatMap((name) =>
      ["UTC", "Europe/Berlin", "Asia/Kolkata"].map((zone) => ({ name, zone })),
    ),
  )("$name --json in $zone has the fields and values of ccusage", async ({ name, zone }) => {
    const theirs = JSON.parse(
      await runCcusage(home, [name, "--json", "--offline", "--timezone", zone], zone),
    ) as Fields;
    const context = contextOf(ledger, { costs: new Costs(new PriceTable(), "auto"), log: () => Promise.resolve([]) });
    const result = await reports.find((one) => one.name === name)?.run(queryOf(ledger, { zone }), context);
    expectSame(theirs, JSON.parse(JSON.stringify(result?.json(result.rows))), name);
  });
});
