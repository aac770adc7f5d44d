import { describe, expect, test } from "bun:test";
import { sumBy } from "../../src/pricing/costs.ts";
import { activity } from "../../src/reports/activity.ts";
import { runReport, golden, sample, fullContext } from "./harness.ts";
import { ledgerOf, queryOf } from "./sample.ts";
import { sampleObservations } from "./sample-work.ts";
import { queriesOf } from "../ledger/queries.ts";

interface Json {
  readonly sessions: readonly {
    sessionId: string;
    ended: string | null;
    totalTokens: number;
    totalCost: number | null;
  }[];
  readonly totals: { sessions: number; totalTokens: number; totalCost: number };
}

describe("activity", () => {
  golden(activity);

  test("totals equal those of the ledger", async () => {
    const { json } = await runReport(activity);
    const { filter, intervals } = queryOf(sample);
    const { all } = sumBy(queriesOf(sample).usage(filter, intervals), fullContext().costs, () => null);
    const { totals, sessions: found } = json as Json;
    expect(totals).toMatchObject({ totalTokens: all.total, totalCost: all.micros / 1e6, sessions: 11 });
    expect(found.at(-1)).toMatchObject({ ended: null });
    expect(found.filter(({ totalCost }) => totalCost === null).length).toBe(1);
  });

  test("--model keeps only sessions that used the model", async () => {
    const { sessions: found } = (await runReport(activity, { model: "mystery" })).json as Json;
    expect(found.length).toBe(2);
  });

  test("a note counts sessions whose activity is not read yet", async () => {
    using ledger = ledgerOf(sampleObservations().filter(({ kind }) => kind === "response"));
    const { rows, notes } = await runReport(activity, {}, fullContext(ledger), ledger);
    expect(rows).toEqual([]);
    expect(notes.join()).toContain("11 more with usage in this range");
  });
});
