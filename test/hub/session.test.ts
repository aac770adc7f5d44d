import { describe, expect, test } from "bun:test";
import { CommitFeed } from "../../src/hub/CommitFeed.ts";
import { hubLimits } from "../../src/hub/limits.ts";
import { join } from "node:path";
import type { Hub } from "../../src/hub/Hub.ts";
import { encodeBody } from "../../src/model/body.ts";
import { knownFields } from "../../src/model/wire.ts";
import { folder } from "../ledger/dump.ts";
import { plainResponse } from "../ledger/sample.ts";
import { eventsOf, expectFrame, helloOf, hubOf, joined, NOW, operator, sessionOf } from "./harness.ts";

const countOf = (hub: ReturnType<typeof hubOf>["hub"], table: string): number =>
  hub.ledger.database.query<{ n: number }, []>(`SELECT COUNT(*) AS n FROM ${table}`).get()?.n ?? -1;

describe("a session of a machine with a hub", () => {
  test("answers hello with how far its rows are on the disk, and notes its clock", async () => {
    using made = hubOf();
    const { hub } = made;
    const { machine, ask } = joined(hub, "laptop");
    const welcome = expectFrame(await ask(helloOf(machine)), "welcome");
    expect(welcome).toMatchObject({ machine, name: "laptop", acked: 0, level: "details", tombstones: 0 });
    expect(hub.members.find("laptop")).toMatchObject({ skew: 250, level: "details", fingerprint: "f1", seen: NOW });
    expect(expectFrame(await ask(eventsOf(0, 3)), "ack")).toEqual({ type: "ack", epoch: "e1", upto: 3 });
    expect(expectFrame(await ask(helloOf(machine)), "welcome").acked).toBe(3);
    expect(expectFrame(await ask(helloOf(machine, { epoch: "e2" })), "welcome").acked).toBe(0);
  });

  test("counts down what a machine has said that it still has to send", async () => {
    using made = hubOf();
    const { machine, ask } = joined(made.hub, "laptop");
    const pending = () => made.hub.members.find(machine)?.pending;
    await ask(helloOf(machine, { pending: { "claude-code": 5, codex: 1 } }));
    await ask(eventsOf(0, 3));
    expect(pending()).toEqual({ "claude-code": 2, codex: 1 });
    await ask(eventsOf(3, 6));
    expect(pending()).toEqual({ codex: 1 });
    await ask({ type: "beat", pending: 0, now: NOW });
    made.hub.tick();
    expect(pending()).toEqual({});
  });

  test("forgets a session for good, and keeps the responses that another machine saw too", async () => {
    using made = hubOf();
    const { hub } = made;
    const [laptop, tower] = [joined(hub, "laptop"), joined(hub, "tower")];
    await laptop.ask(eventsOf(0, 3));
    await tower.ask(eventsOf(0, 1));
    const { session } = plainResponse;
    expect(expectFrame(await laptop.ask({ type: "forget", kind: "session", value: session }), "forgotten").rows).toBe(
      3,
    );
    expect([countOf(hub, "journal"), countOf(hub, "response")]).toEqual([1, 1]);
    // The same rows come again, for instance from a restored ledger; they stay out, and those of others do not.
    expect(expectFrame(await laptop.ask(eventsOf(0, 4, { epoch: "e2" })), "ack").upto).toBe(4);
    await tower.ask(eventsOf(1, 2));
    expect([countOf(hub, "journal"), countOf(hub, "response")]).toEqual([2, 2]);
    expect(expectFrame(await laptop.ask({ type: "forget", kind: "machine", value: "tower" }), "stop").code).toBe(
      "forbidden",
    );
    expect(countOf(hub, "journal")).toBe(2);
    expect(hub.audit(10).map(({ what, actor }) => [what, actor])).toContainEqual(["forget", "laptop"]);
  });

  test("names the buckets in which its rows differ from the machine's, and none if they are the same", async () => {
    using made = hubOf();
    const { machine, ask } = joined(made.hub, "laptop");
    await ask(eventsOf(0, 3));
    const sums = { ...made.hub.ledger.proof.sums({ machine }, "bucket") } as Record<string, [number, number, number]>;
    expect(expectFrame(await ask({ type: "digest", by: "bucket", sums }), "differ").sums).toEqual({});
    const [bucket = ""] = Object.keys(sums);
    const [rows = 0, low = 0, high = 0] = sums[bucket] ?? [];
    const other = { ...sums, [bucket]: [rows + 1, low, high], 999: [1, 2, 3] } as typeof sums;
    expect(expectFrame(await ask({ type: "digest", by: "bucket", sums: other }), "differ").sums).toEqual({
      [bucket]: [rows, low, high],
      999: [0, 0, 0],
    });
  });

  test("loses nothing of what a machine said about itself when its rows cannot be committed", async () => {
    using made = hubOf();
    const { hub } = made;
    const { machine, token, ask } = joined(hub, "laptop");
    await ask(helloOf(machine, { program: "9.9.9", pending: { "claude-code": 3 } }));
    const { database } = hub.ledger;
    // The sums are the last that is written.
    database.run("CREATE TEMP TRIGGER full BEFORE INSERT ON usage_bucket BEGIN SELECT RAISE(FAIL, 'full'); END");
    const rows = eventsOf(0, 3);
    expect((await ask(rows))?.type).toBe("stop");
    database.run("DROP TRIGGER full");
    expect(hub.members.find(machine)).toMatchObject({ program: "9.9.9", pending: { "claude-code": 3 } });
    expect(expectFrame(await sessionOf(hub, token).ask(rows), "ack").upto).toBe(3);
    expect(hub.members.find(machine)).toMatchObject({ program: "9.9.9", pending: {} });
  });

  test("stores rows that are sent twice once", async () => {
    using made = hubOf();
    const { hub } = made;
    const { ask } = joined(hub, "laptop");
    await ask(eventsOf(0, 3));
    expect(expectFrame(await ask(eventsOf(0, 2)), "ack").upto).toBe(3);
    expect([countOf(hub, "journal"), countOf(hub, "response")]).toEqual([3, 3]);
  });

  test("does not acknowledge rows when rows before them are missing", async () => {
    using made = hubOf();
    const { hub } = made;
    const { machine, token, ask } = joined(hub, "laptop");
    const stop = expectFrame(await ask(eventsOf(5, 8)), "stop");
    expect(stop).toMatchObject({ code: "busy", retryAfter: 500 });
    expect(countOf(hub, "journal")).toBe(0);
    expect(expectFrame(await sessionOf(hub, token).ask(helloOf(machine)), "welcome").acked).toBe(0);
  });

  test("refuses rows of a form that the machine has given up, although they are its first ones", async () => {
    using made = hubOf();
    const { hub } = made;
    const { machine, token, ask } = joined(hub, "laptop");
    const late = sessionOf(hub, token);
    await late.ask(helloOf(machine, { epoch: "ledger.details", run: "1" }));
    await ask(helloOf(machine, { epoch: "ledger.metrics", run: "2", level: "metrics" }));
    expect(expectFrame(await late.ask(eventsOf(0, 2, { epoch: "ledger.details" })), "stop").code).toBe("busy");
    expect(countOf(hub, "journal")).toBe(0);
    expect(expectFrame(await ask(eventsOf(0, 2, { epoch: "ledger.metrics" }, "metrics")), "ack").upto).toBe(2);
    // Another file of the same machine, such as a clone, is not concerned.
    await sessionOf(hub, token).ask(helloOf(machine, { epoch: "copy.metrics", run: "3", level: "metrics" }));
    expect(expectFrame(await ask(eventsOf(2, 3, { epoch: "ledger.metrics" }, "metrics")), "ack").upto).toBe(3);
  });

  test("replaces rows that were cut to the fields it knew once it knows more", async () => {
    using place = folder();
    const path = join(place.path, "hub.db");
    const fields = knownFields();
    const texts = (hub: Hub) => hub.ledger.database.query("SELECT body, level FROM journal").all();
    const response = { ...plainResponse, project: "api", branch: "", reasoning: 7 };
    const send = async (hub: Hub, machine: string, token: string, body: string) => {
      const { ask } = sessionOf(hub, token);
      const { acked } = expectFrame(await ask(helloOf(machine, { fields, run: "1", level: "metrics" })), "welcome");
      const groups = [
        { source: "claude-code", reader: 1, level: "metrics" as const, rows: [["response:r1", body] as const] },
      ];
      const { upto } = expectFrame(await ask({ type: "events", epoch: "e1", from: 0, upto: 1, groups }), "ack");
      return [acked, upto];
    };
    const whole = encodeBody("response", response);
    const cut = JSON.stringify((JSON.parse(whole) as unknown[]).slice(0, 20));
    let known = { machine: "", token: "" };
    {
      using older = hubOf(path, undefined, { ...fields, response: 20 });
      known = joined(older.hub, "laptop");
      expect(await send(older.hub, known.machine, known.token, cut)).toEqual([0, 1]);
      expect(texts(older.hub)).toEqual([{ body: cut, level: 20 - (fields["response"] ?? 0) }]);
    }
    using newer = hubOf(path);
    expect(await send(newer.hub, known.machine, known.token, whole)).toEqual([0, 1]);
    expect(texts(newer.hub)).toEqual([{ body: whole, level: 0 }]);
  });

  test("refuses a row that is wrong by its key and stores the others", async () => {
    using made = hubOf();
    const { hub } = made;
    const { ask } = joined(hub, "laptop");
    const rows = [
      ["response:bad", "{"],
      ["response:wide", JSON.stringify(Array.from({ length: 90 }, () => 1))],
      ["wonder:new", "[1]"],
      // Its project is a path.
      ...(eventsOf(0, 1).groups[0]?.rows ?? []),
    ];
    const groups = [{ source: "codex", reader: 1, level: "metrics", rows } as never, ...eventsOf(4, 5).groups];
    const frame = eventsOf(0, 5, { groups });
    const ack = expectFrame(await ask(frame), "ack");
    expect(ack.refused?.map(({ key, code }) => [key, code])).toEqual([
      ["response:bad", "bad_row"],
      ["response:wide", "unknown_fields"],
      ["wonder:new", "unknown_fields"],
      ["response:r1", "bad_row"],
    ]);
    expect([ack.upto, countOf(hub, "journal"), hub.members.find("laptop")?.refused]).toEqual([5, 1, 4]);
  });

  test("refuses to speak for a machine that the token does not belong to", async () => {
    using made = hubOf();
    const { hub } = made;
    const { ask } = joined(hub, "laptop");
    joined(hub, "tower");
    expect(expectFrame(await ask(helloOf("id-of-tower")), "stop").code).toBe("forbidden");
    const reader = hub.tokens.create(
      { name: "page", scope: "read", machine: null, person: "", expires: null },
      operator,
    );
    expect(expectFrame(await sessionOf(hub, reader.token).ask(eventsOf(0, 1)), "stop").code).toBe("forbidden");
    expect(countOf(hub, "journal")).toBe(0);
  });

  test("lets a machine's token write and not read", async () => {
    using made = hubOf();
    const { ask } = joined(made.hub, "laptop");
    expect(expectFrame(await ask({ type: "subscribe" }), "stop").code).toBe("forbidden");
  });

  test("answers frames of another version with a stop that has a hint", async () => {
    using made = hubOf();
    const { machine, ask } = joined(made.hub, "laptop");
    expect(expectFrame(await ask(helloOf(machine, { v: 2 })), "stop")).toMatchObject({ code: "wrong_version" });
    // After a stop nothing is answered.
    expect(await ask(eventsOf(0, 1))).toBeUndefined();
  });

  test("ends at once when its machine is revoked", async () => {
    using made = hubOf();
    const { hub } = made;
    const { answers, token } = joined(hub, "laptop");
    const other = joined(hub, "tower");
    hub.members.revoke("laptop", operator);
    expect(expectFrame(answers.at(-1), "stop").code).toBe("unauthorized");
    expect(other.answers).toEqual([]);
    expect(() => hub.tokens.identify(token)).toThrow("the token is revoked");
  });

  test("warns of two ledgers that speak as one machine in turn, not of one that replaced another", async () => {
    using made = hubOf();
    const { hub } = made;
    const { machine, ask } = joined(hub, "laptop");
    const hello = async (fingerprint: string) =>
      expectFrame(await ask(helloOf(machine, { fingerprint })), "welcome").warning;
    expect([await hello("f1"), await hello("f1"), await hello("f2"), await hello("f2")]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(hub.members.find(machine)?.conflict).toBeNull();
    expect(await hello("f1")).toContain("two ledgers speak as this machine");
    expect(hub.members.find(machine)?.conflict).toBe(NOW);
  });
});

describe("a hub that cannot write as fast as machines send", () => {
  test("sends machines away before what waits fills its memory, and stores what they send again", async () => {
    using made = hubOf();
    const { hub } = made;
    const machines = Array.from({ length: 40 }, (_, number) => joined(hub, `m${number}`));
    const rows = Math.ceil((1.2 * hubLimits.waitingRows) / (machines.length * 2));
    // Refused rows, which take little time.
    const groups = [
      {
        source: "codex",
        reader: 1,
        level: "details" as const,
        rows: Array.from({ length: rows }, () => ["response:r", "[]"] as const),
      },
    ];
    const frames = [eventsOf(0, rows, { groups }), eventsOf(rows, 2 * rows, { groups })];
    await Promise.all(machines.flatMap(({ session }) => frames.map((frame) => session.receive(frame))));
    const stopped = machines.filter(({ answers }) => answers.some(({ type }) => type === "stop"));
    expect(stopped.length).toBeWithin(1, machines.length - 1);
    for (const { answers, machine, token } of stopped) {
      expect(expectFrame(answers.at(-1), "stop")).toMatchObject({ code: "busy", retryAfter: 500 });
      const again = sessionOf(hub, token);
      const { acked } = expectFrame(await again.ask(helloOf(machine)), "welcome");
      if (acked < 2 * rows) expectFrame(await again.ask(eventsOf(acked, 2 * rows)), "ack");
      expect(expectFrame(await again.ask(helloOf(machine)), "welcome").acked).toBe(2 * rows);
    }
  });
});

describe("subscribers of a hub", () => {
  test("are sent what they missed, unless that is more than the hub keeps in memory", () => {
    const feed = new CommitFeed(0);
    const of = (from: number, count: number) =>
      Array.from({ length: count }, (_, at) => ({ machine: `m${from + at}`, rows: 1, upto: 1, newest: 1 }));
    for (let commit = 1; commit <= 10; commit++) feed.publish(commit, of(commit, 4_000));
    const seen: number[] = [];
    feed.subscribe(({ seq }) => seen.push(seq), 0);
    expect(seen).toEqual([6, 7, 8, 9, 10]);
  });

  test("receive each commit with the rows of each machine", async () => {
    using made = hubOf();
    const { hub } = made;
    const { token } = hub.tokens.create(
      { name: "page", scope: "read", machine: null, person: "", expires: null },
      operator,
    );
    const reader = sessionOf(hub, token);
    await reader.session.receive({ type: "subscribe" });
    const [laptop, tower] = [joined(hub, "laptop"), joined(hub, "tower")];
    await Promise.all([laptop.ask(eventsOf(0, 2)), tower.ask(eventsOf(0, 1))]);
    const [commit, ...more] = reader.answers.map((frame) => expectFrame(frame, "commit"));
    expect(more).toEqual([]);
    expect(commit?.machines).toMatchObject([
      { machine: laptop.machine, rows: 2, upto: 2 },
      { machine: tower.machine, rows: 1, upto: 1 },
    ]);
  });
});
