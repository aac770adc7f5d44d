import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { prepareRows, type Sender } from "../../src/ledger/fold/prepare-rows.ts";
import { encodeBody, fieldOrder } from "../../src/model/body.ts";
import { HubLedger, OLD, rowsOf } from "./hub.ts";
import { NOON, observations, plainAction, plainResponse } from "./sample.ts";

const SENDER: Sender = { machine: OLD.id, source: "claude-code", reader: 1 };
const response = (body: Readonly<Record<string, unknown>>): string =>
  encodeBody("response", { ...plainResponse, ...body });
const reasonFor = (key: string, body: string, sender = SENDER): string | undefined =>
  prepareRows(sender, [[key, body]]).refused[0]?.reason;

describe("a row that a machine sends", () => {
  test("is refused by its key if a value is wrong, and the others of the frame are stored", () => {
    const { entries, refused } = prepareRows(SENDER, [
      ["response:a", response({ output: 5 })],
      ["response:b", response({ output: -5 })],
      ["response:c", response({ output: 6 })],
    ]);
    expect(entries.map(({ key }) => key)).toEqual(["response:a", "response:c"]);
    expect(refused).toEqual([
      { key: "response:b", code: "bad_row", reason: "output is no whole number from 0 to 1000000000000" },
    ]);
  });

  test.each([
    ["text for a number", { input: "5" }, "input is no whole number"],
    ["a fraction of a token", { input: 1.5 }, "input is no whole number"],
    ["more tokens than can be summed", { input: 1e13 }, "input is no whole number"],
    ["a number that JSON cannot hold", { input: Infinity }, "input is no whole number"],
    ["a time before 1970", { at: -1 }, "at is no time"],
    ["a time after 2199", { at: Date.UTC(2200, 0, 1) }, "at is no time"],
    ["a number for text", { model: 7 }, "model is no text"],
    ["an object for text", { project: {} }, "project is no text"],
    ["a long text", { branch: "b".repeat(5_000) }, "branch has more than 4096 characters"],
    ["a missing field", { session: null }, "session is no text"],
    ["a cost that is no number", { cost: "free" }, "cost is no whole number"],
    ["a flag that is a number", { isEstimated: 1 }, "isEstimated is neither true nor false"],
  ])("is refused for %s", (_, body, reason) => {
    expect(reasonFor("response:a", response(body))).toStartWith(reason);
  });

  test("is refused if its body is no list, if it is no JSON, or if it has no fields", () => {
    expect(reasonFor("response:a", '{"output":5}')).toBe("the body is no list of values");
    expect(reasonFor("response:a", "[")).toBe("the body is no list of values");
    expect(reasonFor("response:a", "[]")).toBe("session is no text");
    expect(reasonFor("cost-state:a", '["s",1,2,{"m":{"input":-1}}]')).toBe(
      "models input is no whole number from 0 to 1000000000000",
    );
    expect(reasonFor("cost-state:a", '["s",1,2,[]]')).toBe("models is no list of models");
  });

  test("may lack the fields that newer versions added", () => {
    const values = JSON.parse(response({})) as unknown[];
    const old = JSON.stringify(values.slice(0, fieldOrder.response.split(" ").indexOf("cost") + 1));
    expect(reasonFor("response:a", old)).toBeUndefined();
    // Every version wrote a cost. Without one, the fact of a response that another machine sent too would be no number, and be lost.
    const short = JSON.stringify((JSON.parse(old) as unknown[]).slice(0, -1));
    expect(reasonFor("response:a", short)).toBe("cost is no whole number from 0 to 100000000000000");
  });

  test("of a kind that is not known is stored, unless the caller finds a problem in its values", () => {
    const row = ["later:1", '["what"]'] as const;
    expect(prepareRows(SENDER, [row]).entries).toHaveLength(1);
    const { entries, refused } = prepareRows(SENDER, [row], {
      problemOf: (kind, _key, values) => ({ code: "unknown_fields", reason: JSON.stringify([kind, values]) }),
    });
    expect(entries).toEqual([]);
    expect(refused).toEqual([{ key: "later:1", code: "unknown_fields", reason: '[null,["what"]]' }]);
  });

  test("is refused if it is a limit that another machine read", () => {
    const body = JSON.stringify([NOON, "", 300, 5, NOON + 9, ""]);
    expect(reasonFor("limit:codex::300:9:another", body)).toBe("the key is that of another machine");
    expect(reasonFor(`limit:codex::300:9:${OLD.id}`, body)).toBeUndefined();
  });
});

/** Values of the fields that neither a response nor an action has. */
const others = {
  first: NOON,
  last: NOON,
  version: "2",
  windowMinutes: 300,
  usedPercent: 5,
  resetsAt: NOON,
  date: "2026-01-01",
  provenance: "ccusage",
  unsplit: 0,
  directory: "/w",
  repository: "/r",
  isCountedElsewhere: false,
  models: {},
  duration: 5,
};

test("every observation that our readers make is accepted", () => {
  fc.assert(
    fc.property(observations, (all) => {
      const rows = rowsOf(
        OLD.id,
        all.map((observation) => ({ source: "claude-code", reader: 1, observation })),
        "details",
      );
      expect(prepareRows(SENDER, rows).refused).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

test("whatever a machine sends, nothing is thrown, and sums are those of the facts that are stored", () => {
  const hostile = fc.oneof(
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom(
      null,
      -1,
      0,
      1.5,
      1e12,
      1e300,
      "",
      "x",
      NOON,
      NOON + 1e9,
      true,
      [],
      {},
      "__proto__",
      "\u0000\u001f",
    ),
  );
  const bodies = Object.entries(fieldOrder).map(([kind, order]) => {
    const plain: Readonly<Record<string, unknown>> = { ...plainAction, ...plainResponse, ...others };
    const values = order.split(" ").map((name) => plain[name] ?? null);
    const changes = fc.array(fc.tuple(fc.nat(values.length), hostile), { maxLength: 3 });
    return changes.map((all): [kind: string, body: string] => {
      const body = [...values];
      for (const [at, value] of all) body[at] = value;
      return [kind, JSON.stringify(body)];
    });
  });
  const keys = fc.constantFrom("a", "a", "b", `a:${OLD.id}`, "", "\u0000", "é\ud800");
  const rows = fc.array(fc.tuple(keys, fc.oneof(...bodies)), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(rows, fc.constantFrom("metrics", "details"), (all, level) => {
      using hub = new HubLedger();
      const sent = all.map(([key, [kind, body]]): [string, string] => [`${kind}:${key}`, body]);
      const prepared = prepareRows(SENDER, sent);
      const { rows: stored } = hub.ledger.ingest({ machine: OLD, level, source: "claude-code", ...prepared });
      expect(stored).toBeLessThanOrEqual(all.length - prepared.refused.length);
      const before = hub.content();
      hub.ledger.rebuild();
      expect(hub.content()).toEqual(before);
    }),
    { numRuns: 150 },
  );
}, 60_000);
