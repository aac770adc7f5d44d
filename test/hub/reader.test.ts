import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Reader, type ReaderLimits } from "../../src/hub/reader/Reader.ts";
import { NOW, operator } from "./harness.ts";

const limits = { answerMs: 2_000, idleMs: 60_000, answerBytes: 10_000, waiting: 2 };

/** A reader whose process does what is asked of it. */
function readerOf(change: Partial<ReaderLimits> = {}) {
  const entryFile = join(import.meta.dir, "reading-process.ts");
  const reader = new Reader({ entryFile, store: "", pets: "", now: () => NOW, limits: { ...limits, ...change } });
  const ask = (behaviour: string): Promise<unknown> =>
    reader.ask("any", { behaviour }, operator).then(({ body }) => body);
  return { ask, reader, [Symbol.dispose]: () => reader[Symbol.dispose]() };
}

const isAlive = (pid: unknown): boolean => {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
};

async function untilDead(pid: unknown): Promise<void> {
  const end = Bun.nanoseconds() + 10e9;
  while (isAlive(pid) && Bun.nanoseconds() < end) await Bun.sleep(5);
  expect(isAlive(pid)).toBe(false);
}

describe("the process that reads for a hub", () => {
  test("is one for all requests, and passes errors on with their code", async () => {
    using made = readerOf();
    const [first, failure, second] = await Promise.allSettled(["works", "fails", "works"].map(made.ask));
    expect(first).toMatchObject({ status: "fulfilled" });
    expect(second).toMatchObject(first ?? {});
    expect(failure).toMatchObject({ reason: { code: "bad_usage", message: "no", hint: "say it otherwise" } });
  });

  test("is ended when an answer takes too long, and another process answers who waited behind it", async () => {
    using made = readerOf({ answerMs: 700 });
    const before = await made.ask("works");
    const [slow, waiting] = await Promise.allSettled([made.ask("hangs"), made.ask("works")]);
    expect(slow).toMatchObject({ reason: { code: "busy", message: "the report took longer than 0.7 s" } });
    expect(waiting).toMatchObject({ status: "fulfilled" });
    expect(waiting).not.toMatchObject({ value: before });
    await untilDead(before);
  });

  test("is started anew after it has ended by itself or answered too much", async () => {
    using made = readerOf();
    const first = await made.ask("works");
    await expect(made.ask("ends")).rejects.toMatchObject({ code: "unhealthy" });
    const second = await made.ask("works");
    await expect(made.ask("talks")).rejects.toMatchObject({ code: "too_large" });
    expect(new Set([first, second, await made.ask("works")]).size).toBe(3);
    await untilDead(second);
  });

  test("takes no more requests than may wait", async () => {
    using made = readerOf();
    const results = await Promise.allSettled(Array.from({ length: 4 }, () => made.ask("works")));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected"]);
    expect(results[3]).toMatchObject({ reason: { code: "too_many" } });
  });

  test("ends when nobody has asked for a while, and with the hub", async () => {
    using idle = readerOf({ idleMs: 20 });
    await untilDead(await idle.ask("works"));
    const closing = readerOf();
    const pid = await closing.ask("works");
    const open = closing.ask("hangs");
    closing.reader[Symbol.dispose]();
    await expect(open).rejects.toMatchObject({ code: "unhealthy", message: "the hub is closing" });
    await expect(closing.ask("works")).rejects.toMatchObject({ code: "unhealthy" });
    await untilDead(pid);
  });

  test("fails with a code where no process can be started", async () => {
    const options = { entryFile: "/nonexistent/cli.ts", store: "", pets: "", now: () => NOW };
    using reader = new Reader(options);
    await expect(reader.ask("any", {}, operator)).rejects.toMatchObject({ code: "unhealthy" });
  });
});
