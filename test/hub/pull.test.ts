import { describe, expect, test } from "bun:test";
import { pullOver } from "../../src/hub/pull.ts";
import type { Link } from "../../src/sync/link.ts";
import { encodeOpening, FrameReader, hubOpening, packFrame } from "../../src/sync/stdio.ts";
import { answerHub, type ByteStreams } from "../../src/sync/stream-link.ts";
import type { AnyFrame } from "../../src/model/wire.ts";
import type { PawprintError } from "../../src/utils/errors.ts";
import { eventsOf, helloOf, hubOf, NOW, operator } from "./harness.ts";

/** Two ends of a pair of pipes. */
function pipes(): readonly [ByteStreams, ByteStreams] {
  const ways = [new TransformStream<Uint8Array, Uint8Array>(), new TransformStream<Uint8Array, Uint8Array>()] as const;
  const end = (from: number): ByteStreams => {
    const writer = (ways[1 - from] as TransformStream<Uint8Array>).writable.getWriter();
    return {
      input: (ways[from] as TransformStream<Uint8Array, Uint8Array>).readable,
      write: (bytes) => void writer.write(bytes).catch(() => undefined),
      end: () => void writer.close().catch(() => undefined),
    };
  };
  return [end(0), end(1)];
}

/** What a machine does at its end: sends frames, each after an answer to the one before, and then ends. */
async function speak(streams: ByteStreams, framesFor: (machine: string) => readonly AnyFrame[]): Promise<AnyFrame[]> {
  const { opening, open } = await answerHub(streams, "1.0.0");
  const waiting = framesFor(opening.machine).slice();
  const answers: AnyFrame[] = [];
  const { promise, resolve } = Promise.withResolvers<AnyFrame[]>();
  let link: Link | null = null;
  const next = (): void => {
    const frame = waiting.shift();
    if (frame) link?.send(frame);
    else {
      link?.close();
      resolve(answers);
    }
  };
  open({
    opened(opened) {
      link = opened;
      next();
    },
    receive(frame) {
      answers.push(frame);
      next();
    },
    closed: () => resolve(answers),
  });
  return await promise;
}

const host = { host: "build.example", isNamed: true };
const errorOf = (done: Promise<unknown>): Promise<PawprintError> =>
  done.then(
    () => {
      throw new Error("it was read");
    },
    (error: unknown) => error as PawprintError,
  );

describe("rows of a host that is asked by ssh", () => {
  test("are stored for the configured name, and the next time only the new ones come", async () => {
    const { hub } = hubOf();
    const [own, other] = pipes();
    const said = speak(other, (machine) => [
      helloOf(machine, { name: "another name" }),
      eventsOf(0, 3),
      eventsOf(3, 4),
    ]);
    expect(await pullOver(hub, host, own)).toBe(4);
    expect((await said).map(({ type }) => type)).toEqual(["welcome", "ack", "ack"]);
    expect(hub.members.all()).toMatchObject([{ name: "build.example", provenance: "pull", born: NOW - 1_000 }]);
    const [again, third] = pipes();
    const then = speak(third, (machine) => [helloOf(machine)]);
    expect(await pullOver(hub, host, again)).toBe(0);
    expect(await then).toMatchObject([{ type: "welcome", acked: 4 }]);
    expect(hub.members.all()).toHaveLength(1);
    expect(hub.audit(10).filter(({ what }) => what === "login")).toHaveLength(1);
  });

  test("are refused under the id of another machine", async () => {
    const { hub } = hubOf();
    const [own, other] = pipes();
    const said = speak(other, () => [helloOf("id-of-somebody"), eventsOf(0, 3)]);
    expect(await errorOf(pullOver(hub, host, own))).toMatchObject({ code: "forbidden" });
    expect(await said).toMatchObject([{ type: "stop", code: "forbidden" }]);
    expect(hub.ingest.counts.rows).toBe(0);
  });

  test("of a revoked host come only if somebody names it anew", async () => {
    const { hub } = hubOf();
    for (const isNamed of [true, false, true]) {
      const [own, other] = pipes();
      void speak(other, (machine) => [helloOf(machine)]).catch(() => undefined);
      const done = pullOver(hub, { ...host, isNamed }, own);
      if (isNamed) expect(await done).toBe(0);
      else expect(await errorOf(done)).toMatchObject({ code: "forbidden", message: "build.example was revoked" });
      if (isNamed) hub.members.revoke("build.example", operator);
    }
  });

  test("that are cut off in the middle of a frame are an error, and what came before stays", async () => {
    const { hub } = hubOf();
    const [own, other] = pipes();
    const failed = errorOf(pullOver(hub, host, own));
    const { machine } = (await answerHub(other, "1.0.0")).opening;
    for (const frame of [helloOf(machine), eventsOf(0, 3)]) other.write(packFrame(frame));
    other.write(packFrame(eventsOf(3, 4)).subarray(0, 20));
    other.end();
    expect(await failed).toMatchObject({ code: "hub_away", message: "it was cut off in the middle of a frame" });
    expect(hub.ingest.counts.rows).toBe(3);
  });

  test("a name that another machine has is an error that says so", async () => {
    const { hub } = hubOf();
    hub.members.add({ machine: "m9", name: "build.example", person: "", provenance: "machine", born: NOW }, operator);
    const [own, other] = pipes();
    void speak(other, (machine) => [helloOf(machine)]);
    expect(await errorOf(pullOver(hub, host, own))).toMatchObject({ code: "machine_known" });
  });

  test.each([
    ["a banner", [Buffer.from("Last login: today\n")], "answer_unusable"],
    ["nothing", [], "hub_away"],
    ["no hello", [encodeOpening({ program: "1" })], "hub_away"],
    ["half a frame", [encodeOpening({ program: "1" }), packFrame(eventsOf(0, 9)).subarray(0, 40)], "hub_away"],
    ["a wrong frame", [encodeOpening({ program: "1" }), Buffer.from([0, 0, 0, 0, 2, 123, 125])], "bad_frame"],
    ["rows without a hello", [encodeOpening({ program: "1" }), packFrame(eventsOf(0, 9))], "bad_frame"],
  ])("%s from the host is an error, and the hub goes on", async (_, pieces, code) => {
    const { hub } = hubOf();
    const [own, other] = pipes();
    for (const piece of pieces) other.write(piece);
    other.end();
    const error = await errorOf(pullOver(hub, host, own));
    expect(error.code).toBe(code as PawprintError["code"]);
    expect(hub.ingest.counts.rows).toBe(0);
    const [next, good] = pipes();
    void speak(good, (machine) => [helloOf(machine), eventsOf(0, 2)]);
    expect(await pullOver(hub, { host: "other", isNamed: true }, next)).toBe(2);
  });
});

describe("the machine's side of the pipes", () => {
  test("says what is wrong if something else than a hub is at the other end", async () => {
    const [own, other] = pipes();
    other.write(Buffer.from("hello?\n"));
    expect(await errorOf(answerHub(own, "1"))).toMatchObject({ code: "answer_unusable" });
  });

  test("ends with hub_away if the hub goes away, and opens no second link", async () => {
    const [own, other] = pipes();
    other.write(encodeOpening({ hub: "h", machine: "m", name: "n", key: "k".repeat(43), level: "metrics" }));
    const { opening, open } = await answerHub(own, "1");
    expect(hubOpening.parse(opening)).toEqual(opening);
    const closedWith = (): Promise<string | undefined> =>
      new Promise((resolve) =>
        open({ opened: () => undefined, receive: () => undefined, closed: (reason) => resolve(reason?.code) }),
      );
    const first = closedWith();
    other.end();
    expect(await first).toBe("hub_away");
    expect(await closedWith()).toBe("hub_away");
  });

  test("sends its first line before it knows the hub's", async () => {
    const [own, other] = pipes();
    void answerHub(own, "2.0").catch(() => undefined);
    const reader = new FrameReader(hubOpening.partial().loose());
    for await (const piece of other.input) {
      expect([...reader.push(piece)]).toEqual([]);
      if (reader.opening) break;
    }
    expect(reader.opening).toEqual({ program: "2.0" });
  });
});
