import { describe, expect, test } from "bun:test";
import type { AnyFrame, EventsFrame, Frame } from "../../src/model/wire.ts";
import { knownFields } from "../../src/model/wire.ts";
import type { Link, LinkEvents } from "../../src/sync/link.ts";
import type { FrameLimits, Outgoing } from "../../src/sync/outgoing.ts";
import { SyncClient } from "../../src/sync/SyncClient.ts";
import { PawprintError } from "../../src/utils/errors.ts";

const NOW = Date.UTC(2026, 10, 29, 12);

/** Numbered rows, of which some are acknowledged. */
class Numbers implements Outgoing {
  readonly sentAs = { epoch: "e1", level: "metrics" } as const;
  acked = 0;
  last: number;
  readonly limits: FrameLimits[] = [];

  constructor(last: number) {
    this.last = last;
  }

  hello(): ReturnType<Outgoing["hello"]> {
    const fields = knownFields();
    const of = {
      machine: "m1",
      name: "laptop",
      born: 1,
      epoch: "e1",
      fingerprint: "f1",
      program: "1",
      platform: "linux",
    };
    return { ...of, fields, level: "metrics", head: this.last };
  }

  welcomed({ acked }: Frame<"welcome">): number {
    return Math.min(this.acked, acked);
  }

  next(from: number, limits: FrameLimits): EventsFrame | null {
    this.limits.push(limits);
    const upto = Math.min(from + limits.rows, this.last);
    const rows = Array.from({ length: upto - from }, (_, at) => [`k${from + at + 1}`, "[]"] as const);
    const groups = [{ source: "codex", reader: 1, level: "metrics" as const, rows }];
    return upto === from ? null : { type: "events", epoch: "e1", from, upto, groups };
  }

  acknowledged(upto: number): void {
    this.acked = upto;
  }

  head(): number {
    return this.last;
  }

  pending(from: number): number {
    return this.last - from;
  }
}

/** A client with a clock, the other side of its link, and what it sent there. */
function clientOf(outgoing: Outgoing, random = 0.5) {
  const time = { now: NOW };
  const sent: AnyFrame[] = [];
  let events: LinkEvents | null = null;
  let closes = 0;
  const link: Link = { send: (frame) => void sent.push(frame), close: () => void closes++ };
  const client = new SyncClient(outgoing, { now: () => time.now, random: () => random });
  const peer = (): LinkEvents => {
    if (!events) throw new Error("no link");
    return events;
  };
  return {
    client,
    time,
    sent,
    peer,
    get closes() {
      return closes;
    },
    open(): void {
      client.connect((given) => (events = given));
      peer().opened(link);
    },
    welcome(more: Partial<Frame<"welcome">> = {}): void {
      const limits = { window: 4, rows: 500, bytes: 1_048_576 };
      const of = {
        v: 1,
        machine: "m1",
        name: "laptop",
        acked: 0,
        now: time.now,
        level: "metrics" as const,
        program: "1",
      };
      peer().receive({ type: "welcome", ...of, ...limits, fields: knownFields(), tombstones: 0, ...more });
    },
    ack: (upto: number): void => peer().receive({ type: "ack", epoch: "e1", upto }),
    ranges: () => sent.flatMap((frame) => (frame.type === "events" ? [[frame.from, frame.upto]] : [])),
  };
}

describe("a machine's side of the protocol", () => {
  test("greets, sends as many frames as the window allows, and the next one for each that is acknowledged", () => {
    const { client, open, welcome, ack, ranges, sent } = clientOf(new Numbers(3_000));
    open();
    expect(sent.map(({ type }) => type)).toEqual(["hello"]);
    welcome({ window: 2 });
    expect(ranges()).toEqual([
      [0, 500],
      [500, 1_000],
    ]);
    ack(500);
    expect(ranges().at(-1)).toEqual([1_000, 1_500]);
    for (const upto of [1_000, 1_500, 2_000, 2_500]) ack(upto);
    expect(client.isDone).toBe(false);
    ack(3_000);
    expect([client.isDone, client.status.sent, client.status.acknowledged]).toEqual([true, 3_000, 3_000]);
  });

  test("goes on after the lower one of its own number and the hub's", () => {
    const rows = new Numbers(1_000);
    rows.acked = 800;
    const restored = clientOf(rows);
    restored.open();
    restored.welcome({ acked: 300 });
    expect(restored.ranges()[0]).toEqual([300, 800]);
    const behind = clientOf(rows);
    behind.open();
    behind.welcome({ acked: 1_000 });
    expect(behind.ranges()).toEqual([[800, 1_000]]);
  });

  test("counts an answer that names a later row only for the frame that it answers", () => {
    const rows = new Numbers(2_000);
    const { open, welcome, ack } = clientOf(rows);
    open();
    welcome({ acked: 2_000 });
    ack(2_000);
    expect(rows.acked).toBe(500);
  });

  test("waits from half of a second to a minute between attempts, with a random part", () => {
    const delays = [0, 1].map((random) => {
      const { client, time, open, peer } = clientOf(new Numbers(1), random);
      return Array.from({ length: 10 }, () => {
        open();
        peer().closed(new PawprintError("hub_away", "cut", "none"));
        const delay = client.wakeAt - time.now;
        expect(client.wantsLink).toBe(false);
        time.now += delay;
        expect(client.wantsLink).toBe(true);
        return delay;
      });
    });
    expect(delays).toEqual([
      [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000],
      [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000],
    ]);
  });

  test("halves frames when the link is cut while some are under way, and enlarges them again", () => {
    const rows = new Numbers(100_000);
    const { client, open, welcome, ack, peer } = clientOf(rows);
    for (const most of [500, 250, 125]) {
      open();
      welcome();
      expect(rows.limits.at(-1)?.rows).toBe(most);
      peer().closed(null);
    }
    open();
    welcome();
    for (let at = 1; at <= 8; at++) ack(62 * at);
    expect(rows.limits.at(-1)?.rows).toBe(125);
    expect(client.status.attempts).toBe(0);
  });

  test("ignores what a link reports after another one was opened", () => {
    const { client, open, peer, welcome } = clientOf(new Numbers(10));
    open();
    const first = peer();
    client.restart();
    open();
    first.closed(null);
    welcome();
    expect(client.status.state).toBe("ready");
  });

  test("waits as long as the hub says, and ends when it says that nothing helps", () => {
    const waiting = clientOf(new Numbers(1));
    waiting.open();
    waiting.peer().receive({ type: "stop", code: "too_many", message: "later", retryAfter: 42_000 });
    expect(waiting.client.wakeAt - waiting.time.now).toBe(42_000);
    const hurried = clientOf(new Numbers(1));
    hurried.open();
    hurried.peer().receive({ type: "stop", code: "busy", message: "at once", retryAfter: 0 });
    expect(hurried.client.wakeAt - hurried.time.now).toBeGreaterThanOrEqual(500);
    // A hub that sends many away at once does not have them all back at the same moment.
    const waits = [0, 0.5, 1].map((random) => {
      const sentAway = clientOf(new Numbers(1), random);
      sentAway.open();
      sentAway.peer().receive({ type: "stop", code: "busy", message: "later", retryAfter: 500 });
      return sentAway.client.wakeAt - sentAway.time.now;
    });
    expect(new Set(waits).size).toBe(3);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(500);
    const ended = clientOf(new Numbers(1));
    ended.open();
    ended.peer().receive({ type: "stop", code: "unauthorized", message: "revoked" });
    expect([ended.client.status.state, ended.client.wakeAt, ended.client.wantsLink]).toEqual([
      "ended",
      Infinity,
      false,
    ]);
    expect(ended.client.status.problem?.code).toBe("unauthorized");
  });

  test("closes a link that answers neither a greeting, nor rows, nor a sign of life", () => {
    const silent = clientOf(new Numbers(1));
    silent.open();
    silent.time.now = silent.client.wakeAt;
    silent.client.tick();
    expect([silent.closes, silent.client.status.state]).toEqual([1, "away"]);

    const stuck = clientOf(new Numbers(1));
    stuck.open();
    stuck.welcome();
    stuck.time.now = stuck.client.wakeAt;
    stuck.client.tick();
    expect(stuck.client.status.problem?.code).toBe("hub_away");

    const idle = clientOf(new Numbers(0));
    idle.open();
    idle.welcome();
    idle.time.now += 60_000;
    idle.client.tick();
    expect(idle.sent.at(-1)).toMatchObject({
      type: "beat",
      pending: 0,
      now: idle.time.now,
      sent: { epoch: "e1", acked: 0 },
    });
    idle.peer().receive({ type: "beat", pending: 0, now: idle.time.now });
    expect(idle.client.isHeard).toBe(true);
    idle.time.now += 60_000;
    idle.client.tick();
    idle.time.now = idle.client.wakeAt;
    idle.client.tick();
    expect(idle.client.status.state).toBe("away");
  });

  test("tries again as soon as after a first failure where the link had worked for long", () => {
    const { client, time, open, welcome, peer } = clientOf(new Numbers(0), 1);
    const delays = [0, 0, 59_999, 60_000].map((workedMs) => {
      open();
      if (workedMs > 0) welcome();
      time.now += workedMs;
      peer().closed(null);
      const delay = client.wakeAt - time.now;
      time.now = client.wakeAt;
      return delay;
    });
    expect(delays).toEqual([1_000, 2_000, 4_000, 1_000]);
  });

  test("compares its clock with the hub's by the middle of question and answer", () => {
    const { client, time, open, welcome } = clientOf(new Numbers(0));
    open();
    time.now += 200;
    welcome({ now: NOW + 100 - 90_000 });
    expect(client.status.clockSkewMs).toBe(90_000);
  });

  test("sends new rows when it is asked to, without another greeting", () => {
    const rows = new Numbers(0);
    const { client, open, welcome, ranges, sent } = clientOf(rows);
    open();
    welcome();
    expect(client.isDone).toBe(true);
    rows.last = 3;
    expect(client.isDone).toBe(false);
    client.tick();
    expect(ranges()).toEqual([[0, 3]]);
    expect(sent.filter(({ type }) => type === "hello")).toHaveLength(1);
  });

  test("ignores frames that a newer hub adds", () => {
    const { client, open, welcome, peer } = clientOf(new Numbers(0));
    open();
    welcome();
    peer().receive({ type: "commit", seq: 1, at: NOW, machines: [] });
    expect(client.status.state).toBe("ready");
  });
});
