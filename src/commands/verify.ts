import { Costs, dateOfDay, sumBy } from "../pricing/costs.ts";
import { priceTable } from "../pricing/price-table.ts";
import { parseDays, readJson } from "../import/files.ts";
import type { Ledger } from "../ledger/sqlite/Ledger.ts";
import { FOREVER, offsetsIn, systemZone, type Zone } from "../model/calendar.ts";
import { addTokens, noTokens, byTokenClass, totalOf } from "../model/tokens.ts";
import { openLedgerFor } from "../cli/report-command.ts";
import { claudeCode } from "../sources/claude-code.ts";
import { PawprintError } from "../utils/errors.ts";
import { zoneFiles } from "../utils/files.ts";
import { ledgerPath } from "../utils/paths.ts";
import { compare, type Sums, sumOf, sumsBy, unequal } from "../verify/compare.ts";
import { compareCcusage, compareOwnTotals, type Day, type PricedTotal } from "../verify/other-counters.ts";
import type { Counted } from "../verify/recount.ts";
import { recountFiles } from "../verify/recount-files.ts";
import { snapshotOf } from "../verify/snapshot.ts";
import { clean, jsonText } from "../utils/terminal.ts";
import type { Command } from "./contract.ts";
import { verificationLines, type VerificationResult } from "./verify/explained.ts";

/** Recounts all transcripts with a second reader and compares the result with the ledger. */
export const verify: Command = {
  name: "verify",
  purpose: "ledger",
  description:
    "recount all transcripts and compare with the ledger: an independent reader explains each difference; exit with 1 if one is unexplained",
  options: [
    { name: "session", value: "id", description: "only sessions whose id begins with this" },
    {
      name: "ccusage",
      value: "file",
      description: "also compare with ccusage: this file has the output of ccusage claude daily --json",
    },
    { name: "hub", description: "compare with the hub instead, and send again what it lacks" },
    { name: "json", description: "print JSON" },
  ],
  examples: [
    { args: "verify", description: "recount all transcripts and compare" },
    { args: "verify --session 5e55", description: "recount only sessions whose id begins with this" },
  ],
  related: ["scan", "rebuild"],
  async run(context) {
    if (context.options["hub"]) return (await import("./verify/at-hub.ts")).verifyAtHub(context);
    const { options, env, settings, places, clock, print } = context;
    const report = typeof options["ccusage"] === "string" ? options["ccusage"] : null;
    // Read before the slow part, so that a bad file is reported at once.
    const days = report === null ? null : parseDays(await readJson(report), report);
    using opened = openLedgerFor(context);
    const { ledger, collector } = opened;
    const before = clock.now();
    const { unreadable } = await collector.scan("usage");
    await collector.scan("activity");

    const snapshot = snapshotOf(ledgerPath(settings, places));
    const { recount, ...world } = recountFiles(env, places.home, snapshot.read, before);
    const wanted = typeof options["session"] === "string" ? options["session"] : "";
    const facts = snapshot.facts.filter(({ session }) => session.startsWith(wanted));
    const responses = recount.responses.filter(({ session }) => session.startsWith(wanted));
    if (wanted !== "" && facts.length + responses.length === 0) {
      throw new PawprintError("not_found", `no session id begins with "${clean(wanted)}"`, "see: pawprint session");
    }
    const { zone } = systemZone(env, zoneFiles);
    const costs = new Costs(await priceTable(places.pets), "calculate");
    const sums = await pricedSums(ledger, costs, zone);
    const verdict: VerificationResult = {
      files: recount.files,
      bytes: recount.bytes,
      ledger: sumOf(facts),
      recount: sumOf(responses),
      days: comparePartsBy(facts, withLedgerTimes(responses, facts), ({ at }) =>
        dateOfDay(Math.floor((at ?? 0) / DAY_MS)),
      ),
      sessions: comparePartsBy(facts, responses, ({ session }) => session),
      differences: compare(
        facts,
        { ...recount, responses },
        { vanished: snapshot.vanished, changed: world.changed, unreadable },
      ),
      wrongSums: snapshot.wrongSums.map(dateOfDay),
      ownTotals: compareOwnTotals(await ownTotals(ledger, wanted), sums.bySession, recount.sessions),
      ccusage:
        days && compareCcusage(byDate(days), sums.byDate, comparedDates(sums.byDate, snapshot.vanished.length > 0)),
      notes: {
        skipped: snapshot.skipped,
        vanished: snapshot.vanished.length,
        newSince: world.newSince,
        unreadable,
        importedDays: new Set((await ledger.queries.days("0000-01-01", "9999-12-31")).map(({ date }) => date)).size,
        unpriced: sums.unpriced,
      },
    };
    const open = verdict.wrongSums.length + verdict.differences.filter(({ cause }) => cause === null).length;
    if (options["json"]) print(jsonText({ ...verdict, isHealthy: open === 0 }, 2));
    else for (const line of verificationLines(verdict)) print(line);
    if (open === 0) return 0;
    throw new PawprintError(
      "unhealthy",
      `${open} ${open === 1 ? "difference has" : "differences have"} no known cause`,
      "this is a bug in pawprint: please report it with the output of pawprint verify --json",
    );
  },
};

const DAY_MS = 86_400_000;
const WHOLE = { from: 0, to: FOREVER };

/** Compares both counts by part (day or session): the number of parts, and which of them differ. */
function comparePartsBy(facts: readonly Counted[], responses: readonly Counted[], nameOf: (one: Counted) => string) {
  const [ledger, files] = [sumsBy(facts, nameOf), sumsBy(responses, nameOf)];
  return { all: new Set([...ledger.keys(), ...files.keys()]).size, unequal: unequal(ledger, files) };
}

/** Gives responses without a time of their own the time from the ledger, for the comparison by day. */
function withLedgerTimes(responses: readonly Counted[], facts: readonly Counted[]): Counted[] {
  const keyOf = ({ id, part }: Counted): string => `${id}\n${part}`;
  const times = new Map(facts.map((fact) => [keyOf(fact), fact.at]));
  return responses.map((one) => ({ ...one, at: one.at ?? times.get(keyOf(one)) ?? null }));
}

/** Totals and costs from the ledger by session and by date, as reports compute them. */
async function pricedSums(ledger: Ledger, costs: Costs, zone: Zone) {
  const span = (await ledger.queries.span()) ?? { first: 0, last: 0 };
  const rows = await ledger.queries.usage(WHOLE, offsetsIn(zone, span.first, span.last + 1), ["session", "source"]);
  const { sums: sessions, all } = sumBy(rows, costs, ({ session }) => session);
  // ccusage's report covers this assistant only.
  const own = rows.filter(({ source }) => source === claudeCode.name);
  const { sums: days } = sumBy(own, costs, ({ day }) => dateOfDay(day));
  return {
    bySession: new Map<string, PricedTotal>(
      Array.from(sessions, ([session, sum]) => [
        session,
        { tokens: sum.total, cost: sum.unpriced.size > 0 ? null : sum.micros },
      ]),
    ),
    byDate: new Map<string, Sums & { cost: number | null }>(
      Array.from(days, ([date, sum]) => {
        const { responses, searches, cost } = sum;
        return [date, { ...byTokenClass((name) => sum[name]), responses, searches, cost }];
      }),
    ),
    unpriced: Object.fromEntries(all.unpriced),
  };
}

async function ownTotals(ledger: Ledger, wanted: string): Promise<Map<string, PricedTotal>> {
  const states = (await ledger.queries.costStates()).filter(({ session }) => session.startsWith(wanted));
  return new Map(
    states.map(({ session, cost, models }) => [
      session,
      { tokens: Object.values(models).reduce((sum, model) => sum + totalOf(model), 0), cost: Math.round(cost / 1_000) },
    ]),
  );
}

/** Adds up the rows of each model by date. */
function byDate(days: ReturnType<typeof parseDays>): Map<string, Day> {
  const sums = new Map<string, Day>();
  for (const { date, input, output, cacheWrite, cacheRead, cost } of days) {
    const known = sums.get(date) ?? { ...noTokens, cost: 0 };
    sums.set(date, {
      ...addTokens(known, { input, output, cacheWrite5m: cacheWrite, cacheWrite1h: 0, cacheRead }),
      cost: known.cost === null || cost === null ? null : known.cost + Math.round(cost / 1_000),
    });
  }
  return sums;
}

function comparedDates(dates: ReadonlyMap<string, unknown>, hasVanished: boolean) {
  const [first = null, ...rest] = [...dates.keys()].toSorted();
  return { first, last: rest.at(-1) ?? first, hasVanished };
}
