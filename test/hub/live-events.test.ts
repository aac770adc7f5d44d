import { describe, expect, test } from "bun:test";
import { liveEvents } from "../../src/hub/live-events.ts";
import { CommitFeed } from "../../src/hub/CommitFeed.ts";
import { Connections } from "../../src/hub/Connections.ts";
import type { Identity } from "../../src/hub/identity.ts";

const reader = (token: string): Identity => ({ token, name: "page", scope: "read", machine: null, person: "" });

/** A hub without anything but commits and connections, and waits that end when the test says so. */
function place() {
  const hub = { live: new CommitFeed(1_000), connections: new Connections() };
  const waits: { ms: number; end(): void }[] = [];
  const sleep = (ms: number): Promise<void> => new Promise((end) => void waits.push({ ms, end }));
  /** Ends all waits of a length; the others go on. */
  const pass = (ms: number): void => waits.splice(0).forEach((one) => (one.ms === ms ? one.end() : waits.push(one)));
  const read = (token = "t", since?: number) => {
    const stream = liveEvents(hub, { identity: reader(token), since, sleep }).getReader();
    return {
      bytes: async () => (await stream.read()).value,
      next: async (): Promise<string | null> => {
        const { value } = await stream.read();
        return value === undefined ? null : Buffer.from(value).toString();
      },
      cancel: () => stream.cancel(),
    };
  };
  return { hub, read, pass, waits };
}

const commitsIn = (text: string | null): unknown => JSON.parse(/data: (.*)/.exec(text ?? "")?.[1] ?? "null");
const rowsOf = (rows: number, newest: number) => [{ machine: "m1", rows, upto: rows, newest }];

describe("the events for pages", () => {
  test("gather the commits of an interval in one event", async () => {
    const { hub, read, pass } = place();
    const page = read();
    expect(await page.next()).toBe('retry: 3000\nevent: hello\ndata: {"seq":1000}\n\n');
    hub.live.publish(5, rowsOf(1, 50));
    expect(commitsIn(await page.next())).toEqual({ seq: 1_001, at: 5, machines: rowsOf(1, 50) });
    // Within the interval nothing is sent, whatever is committed.
    const later = page.next();
    let isSent = false;
    void later.then(() => (isSent = true));
    hub.live.publish(6, rowsOf(2, 70));
    hub.live.publish(7, [...rowsOf(3, 60), { machine: "m2", rows: 9, upto: 9, newest: 1 }]);
    await Bun.sleep(0);
    expect(isSent).toBe(false);
    pass(250);
    expect(commitsIn(await later)).toEqual({
      seq: 1_003,
      at: 7,
      machines: [
        { machine: "m1", rows: 5, upto: 3, newest: 70 },
        { machine: "m2", rows: 9, upto: 9, newest: 1 },
      ],
    });
  });

  test("are made once for all pages, and begin for each where it came or went away", async () => {
    const { hub, read, pass } = place();
    const [one, other] = [read("t1"), read("t2")];
    for (const page of [one, other]) await page.next();
    hub.live.publish(1, rowsOf(1, 1));
    const first = await one.bytes();
    expect(first).toBeDefined();
    expect(await other.bytes()).toBe(first as Uint8Array<ArrayBuffer>);
    hub.live.publish(2, rowsOf(2, 2));
    const [late, back] = [read("t3"), read("t4", 1_001)];
    expect(await late.next()).toContain('{"seq":1002}');
    expect(await back.next()).toContain('{"seq":1002}');
    expect(commitsIn(await back.next())).toEqual({ seq: 1_002, at: 2, machines: rowsOf(2, 2) });
    hub.live.publish(3, rowsOf(3, 3));
    pass(250);
    expect(commitsIn(await one.next())).toEqual({
      seq: 1_003,
      at: 3,
      machines: [{ machine: "m1", rows: 5, upto: 3, newest: 3 }],
    });
    for (const page of [late, back])
      expect(commitsIn(await page.next())).toEqual({ seq: 1_003, at: 3, machines: rowsOf(3, 3) });
  });

  test("are a comment now and then while nothing happens", async () => {
    const { read, pass } = place();
    const page = read();
    await page.next();
    const later = page.next();
    await Bun.sleep(0);
    pass(4_000);
    expect(await later).toBe(":\n\n");
  });

  test("end with their token, and leave nothing behind when their reader leaves", async () => {
    const { hub, read } = place();
    const [page, other] = [read("t1"), read("t2")];
    await page.next();
    hub.connections.end(({ token }) => token === "t1");
    expect(await page.next()).toBeNull();
    expect(hub.connections.size).toBe(1);
    await other.cancel();
    expect([hub.connections.size, hub.live.subscribers]).toEqual([0, 0]);
  });

  test("are refused beyond a number of streams of one token, until one of them ends", async () => {
    const { read } = place();
    const pages = Array.from({ length: 16 }, () => read("t1"));
    expect(() => read("t1")).toThrow("too many streams of events are open");
    read("t2");
    await pages[0]?.cancel();
    read("t1");
  });
});
