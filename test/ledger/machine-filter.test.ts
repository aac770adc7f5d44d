import { expect, test } from "bun:test";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { Observation } from "../../src/model/observation.ts";
import { OLD, YOUNG } from "./hub.ts";
import { queriesOf } from "./queries.ts";
import { NOON, plainAction, plainResponse, type SourceObservation } from "./sample.ts";
import { ingest } from "./take.ts";

const of = (observation: Observation): SourceObservation => ({ source: "claude-code", reader: 1, observation });
const response = (key: string, body: Partial<typeof plainResponse>): SourceObservation =>
  of({ kind: "response", key: `response:${key}`, body: { ...plainResponse, ...body } });

test("a filter selects the usage, activity and sessions of one machine, from sums of days and of buckets", () => {
  using ledger = new Ledger(":memory:", () => "here");
  const session = { ...plainResponse, first: NOON, last: NOON, reason: null, version: "" };
  const sessionOf = (id: string) => of({ kind: "session", key: `session:${id}`, body: { ...session, session: id } });
  const action = of({ kind: "action", key: "action:tool:t1", body: plainAction });
  ingest(ledger, [response("a", { output: 5 }), sessionOf("s1")]);
  ingest(ledger, [response("b", { output: 7 }), action, sessionOf("s2")], YOUNG);
  const range = { from: NOON - 86_400_000, to: NOON + 86_400_000 };
  const outputs = (...machines: readonly string[]) =>
    queriesOf(ledger)
      .usage({ ...range, ...(machines.length > 0 && { machines }) }, [{ ...range, offsetMs: 0 }])
      .map(({ output }) => output);
  for (let time = 0; time < 2; time++) {
    expect(outputs("a-young")).toEqual([7]);
    expect(outputs(ledger.machine)).toEqual([5]);
    expect(outputs().reduce((sum, one) => sum + one, 0)).toBe(12);
    ledger.keepDays([{ ...range, offsetMs: 0 }]);
  }
  const own = { ...range, machines: [ledger.machine] };
  const other = { ...range, machines: ["a-young"] };
  expect(
    queriesOf(ledger)
      .sessions(other)
      .map((one) => one.session),
  ).toEqual(["s2"]);
  expect(queriesOf(ledger).items("tool", own)).toEqual([]);
  expect(queriesOf(ledger).items("tool", other)).toHaveLength(1);
});

test("every query that selects by machine leaves out what is attributed to others", () => {
  using ledger = new Ledger(":memory:", () => "here");
  const whose = [ledger.machine, OLD.id, YOUNG.id];
  for (const [at, machine] of [undefined, OLD, YOUNG].entries()) {
    const place = { ...plainResponse, session: `s${at}`, project: `/p${at}` };
    const action = { ...plainAction, session: `s${at}` };
    ingest(
      ledger,
      [
        response(`r${at}`, { ...place, at: NOON + at, output: 10 ** at }),
        of({ kind: "action", key: `action:tool:t${at}`, body: { ...action, ended: NOON + 90 } }),
        of({ kind: "action", key: `action:file:f${at}`, body: { ...action, action: "file", target: `/p/${at}` } }),
        of({ kind: "action", key: `action:file:n${at}`, body: { ...action, action: "file", target: null } }),
        of({ kind: "action", key: `action:u${at}`, body: { ...action, action: "unrecorded", name: `u${at}` } }),
        of({
          kind: "session",
          key: `session:s${at}`,
          body: { ...place, first: NOON, last: NOON, reason: null, version: `1.${at}` },
        }),
        of({
          kind: "cost-state",
          key: `cost-state:s${at}`,
          body: { session: `s${at}`, duration: 1, cost: 1, models: {} },
        }),
        of({
          kind: "limit",
          key: `limit:codex::300:${at}`,
          body: { at: NOON, name: "", windowMinutes: 300, usedPercent: at, resetsAt: NOON + 9, plan: "" },
        }),
        of({
          kind: "finding",
          key: `finding:m${at}:x`,
          body: {
            at: NOON - 86_400_000,
            scope: "s",
            finding: "x",
            type: "t",
            severity: "info",
            state: "appeared",
            message: "",
            fix: null,
          },
        }),
        of({
          kind: "day",
          key: `day:${at}`,
          body: { ...place, date: `2026-01-0${at + 1}`, provenance: "ccusage", unsplit: 0 },
        }),
      ],
      machine,
    );
  }
  const range = { from: NOON - 86_400_000, to: NOON + 86_400_000 };
  const intervals = [{ ...range, offsetMs: 0 }];
  const queries = queriesOf(ledger);
  const results = (machines: readonly string[] | undefined): Record<string, number> => {
    const filter = { ...range, machines };
    return {
      usage: queries.usage(filter, intervals).reduce((sum, { output }) => sum + output, 0),
      actions: queries.actions(filter, intervals).reduce((sum, { count }) => sum + count, 0),
      responses: queries.responses(filter).length,
      bounds: queries.bounds(filter, [range])[0]?.last ?? 0,
      items: queries.items("tool", filter).length,
      durations: queries.durations("tool", filter).reduce((sum, { count }) => sum + count, 0),
      files: queries.files(filter).length,
      sessions: queries.sessions(filter).length,
      unrecorded: queries.unrecorded(filter).length,
      newest: queries.newest({ machines }).get("claude-code") ?? 0,
      days: queries.days("2026-01-01", "2026-12-31", { machines }).length,
      limits: queries.limits(0, { machines }).length,
      limitHistory: queries.limitHistory(NOON, { machines }).length,
      costStates: queries.costStates({ machines }).length,
      versions: queries.versions({ machines }).size,
      findingEvents: queries.findingEvents({ machines }).length,
      logsBegin: queries.logsBegin({ machines }) ?? 0,
    };
  };
  const counted = (count: number, last: number, output: number): Record<string, number> => ({
    usage: output,
    actions: 4 * count,
    responses: count,
    bounds: NOON + last,
    items: count,
    durations: count,
    files: count,
    sessions: count,
    unrecorded: count,
    newest: NOON + last,
    days: count,
    limits: count,
    limitHistory: count,
    costStates: count,
    versions: 1,
    findingEvents: count,
    logsBegin: Math.floor(NOON / 86_400_000 - 1) * 86_400_000,
  });
  for (let time = 0; time < 2; time++) {
    expect(results(undefined)).toEqual(counted(3, 2, 111));
    expect(results(whose)).toEqual(counted(3, 2, 111));
    expect(results(whose.slice(0, 2))).toEqual(counted(2, 1, 11));
    expect(results([YOUNG.id])).toEqual(counted(1, 2, 100));
    expect(results([])).toMatchObject({ usage: 0, responses: 0, sessions: 0, costStates: 0, logsBegin: 0 });
    ledger.keepDays(intervals);
  }
  const merged = queries.usage({ ...range, machines: whose }, intervals);
  expect(merged.map(({ output }) => output)).toEqual([111]);
  expect(queries.usage({ ...range, machines: whose }, intervals, ["machine"])).toHaveLength(3);
});
