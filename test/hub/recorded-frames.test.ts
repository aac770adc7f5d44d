import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kindOf } from "../../src/model/body.ts";
import { decodeFrame, encodeFrame } from "../../src/model/frame-coding.ts";
import { type AnyFrame, type EventsFrame, knownFields } from "../../src/model/wire.ts";
import { expectFrame, hubOf, joined, sessionOf } from "./harness.ts";

interface Recorded {
  readonly from: "machine" | "hub";
  readonly frame: AnyFrame;
  /** A binary frame as it was sent, in base64. */
  readonly bytes?: string;
}

/** What a machine and a hub of the first version with frames said, with rows of all kinds at both levels. */
const recorded = readFileSync(join(import.meta.dir, "../fixtures/wire/frames.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded);

const rowsOf = (frame: AnyFrame): number =>
  frame.type === "events" ? frame.groups.reduce((sum, { rows }) => sum + rows.length, 0) : 0;

/** The frames with another body for each row that has one. */
const withBodies = (frame: AnyFrame, change: (values: unknown[], key: string) => unknown[]): AnyFrame =>
  frame.type !== "events"
    ? frame
    : {
        ...frame,
        groups: frame.groups.map((group) => ({
          ...group,
          rows: group.rows.map(([key, body]) =>
            body === "{"
              ? ([key, body] as const)
              : ([key, JSON.stringify(change(JSON.parse(body) as unknown[], key))] as const),
          ),
        })),
      };

/** What a hub of this version answers when a machine says its frames again, and the rows that it then has. */
async function replay(change: (frame: AnyFrame) => AnyFrame = (frame) => frame) {
  using made = hubOf();
  const { token } = joined(made.hub, "laptop");
  const answers: AnyFrame[] = [];
  const stored: string[][] = [];
  for (const { from, frame } of recorded) {
    if (from === "hub") continue;
    const answer = await sessionOf(made.hub, token).ask(decodeFrame(encodeFrame(change(frame))));
    if (answer) answers.push(answer);
    if (frame.type === "events" && rowsOf(frame) > 1)
      stored.push(
        made.hub.ledger.database
          .query<{ key: string; body: string }, []>("SELECT key, body FROM journal ORDER BY key, body")
          .all()
          .map(({ key, body }) => `${key} ${body}`),
      );
  }
  return { answers, stored, facts: made.hub.ledger.database.query("SELECT * FROM response ORDER BY key").all() };
}

describe("frames that were recorded", () => {
  test("are read as they were written, and have rows of all kinds", () => {
    const kinds = new Set<string | null>();
    for (const { frame, bytes } of recorded) {
      const data = bytes === undefined ? JSON.stringify(frame) : Buffer.from(bytes, "base64");
      expect(decodeFrame(data)).toEqual(frame);
      if (frame.type === "events")
        for (const { rows } of frame.groups) for (const [key] of rows) kinds.add(kindOf(key));
    }
    expect(Object.keys(knownFields()).filter((kind) => !kinds.has(kind))).toEqual(["worktree"]);
  });

  test("are answered as they were, and all rows are stored", async () => {
    const { answers, stored } = await replay();
    const before = recorded.flatMap(({ from, frame }) => (from === "hub" ? frame : []));
    expect(answers.map(({ type }) => type)).toEqual(before.map(({ type }) => type));
    const [metrics, details] = recorded.flatMap(({ frame }) => (rowsOf(frame) > 1 ? rowsOf(frame) : []));
    expect(stored.map(({ length }) => length)).toEqual([metrics ?? 0, details ?? 0]);
  });

  test("are read by either side with a field that it does not know, and without those that came later", () => {
    for (const { frame } of recorded) {
      if (frame.type === "events") continue;
      expect(decodeFrame(JSON.stringify({ ...frame, future: { of: 1 } }))).toEqual(frame);
    }
    // Fields that a first version may lack.
    for (const [type, ...later] of [
      ["hello", "pending", "run", "after"],
      ["welcome", "horizon", "warning"],
      ["ack", "refused", "late"],
      ["differ", "forgotten"],
      ["stop", "hint", "retryAfter"],
    ]) {
      const frames = recorded.filter(({ frame }) => frame.type === type);
      expect(frames.length).toBeGreaterThan(0);
      for (const { frame } of frames) {
        const older = Object.fromEntries(Object.entries(frame).filter(([name]) => !later.includes(name)));
        expect(decodeFrame(JSON.stringify(older))).toEqual(older as never);
      }
    }
  });

  test("of an older machine, whose rows lack the newest field, are stored and counted the same", async () => {
    const newest = await replay();
    const older = await replay((frame) =>
      withBodies(frame, (values, key) => values.slice(0, Math.min(values.length, lastFieldOf(key)))),
    );
    expect(older.answers.map(({ type }) => type)).toEqual(newest.answers.map(({ type }) => type));
    expect(older.stored.map(({ length }) => length)).toEqual(newest.stored.map(({ length }) => length));
    expect(older.facts).toEqual(newest.facts);
  });

  test("of a newer machine, whose rows have a field more, are kept whole at level details and refused by key at metrics", async () => {
    const wider = (frame: AnyFrame): AnyFrame =>
      withBodies(frame, (values, key) => {
        const missing = (knownFields()[kindOf(key) ?? ""] ?? 0) - values.length;
        return [...values, ...Array.from({ length: missing }, () => null), "new"];
      });
    const { answers, stored } = await replay(wider);
    const [metrics, details] = recorded.flatMap(({ frame }) => (rowsOf(frame) > 1 ? (frame as EventsFrame) : []));
    const refused = expectFrame(answers[1], "ack").refused ?? [];
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(["unknown_fields"]));
    expect(refused).toHaveLength(rowsOf(metrics as AnyFrame));
    expect([stored[0], stored[1]?.length]).toEqual([[], rowsOf(details as AnyFrame)]);
    expect(stored[1]?.every((row) => row.endsWith(',"new"]'))).toBe(true);
  });
});

/** Kinds whose last field every version has. */
const COMPLETE = new Set(["cost-state", "limit"]);

/** The number of fields of a kind before the newest one was added. */
function lastFieldOf(key: string): number {
  const kind = kindOf(key) ?? "";
  return (knownFields()[kind] ?? 1) - (COMPLETE.has(kind) ? 0 : 1);
}
