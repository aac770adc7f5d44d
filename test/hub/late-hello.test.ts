import { describe, expect, test } from "bun:test";
import { encodeBody } from "../../src/model/body.ts";
import { lowerBody } from "../../src/model/privacy.ts";
import { keyedHash } from "../../src/model/privacy-rules.ts";
import type { AnyFrame, EventsFrame, Level, WireRow } from "../../src/model/wire.ts";
import { plainResponse } from "../ledger/sample.ts";
import { eventsOf, expectFrame, helloOf, hubOf, joined, NOW, sessionOf } from "./harness.ts";

const hash = keyedHash("key");

/** A response as it leaves at a level. */
function rowOf(id: string, level: Level): WireRow {
  const key = `response:${id}`;
  const body = encodeBody("response", { ...plainResponse, project: "/srv/web" });
  return [key, level === "details" ? body : (lowerBody(key, body, hash) ?? "")];
}

/** Responses as they leave a ledger at a level. */
const leaving = (epoch: string, level: Level, ...ids: string[]): EventsFrame => ({
  ...eventsOf(0, ids.length, { epoch }),
  groups: [{ source: "claude-code", reader: 1, level, rows: ids.map((id) => rowOf(id, level)) }],
});

describe("a hub to which a hello comes late", () => {
  test("asks for another hello when one that came late has changed what a machine believes to be here", async () => {
    using made = hubOf();
    const { machine, token, ask } = joined(made.hub, "laptop");
    const beat = (acked: number, level: Level = "details"): AnyFrame => ({
      type: "beat",
      pending: 0,
      now: NOW,
      sent: { epoch: "ledger.details", acked, level },
    });
    await ask(helloOf(machine, { epoch: "ledger.details", run: "2" }));
    await ask(eventsOf(0, 2, { epoch: "ledger.details" }));
    expectFrame(await ask(beat(2)), "beat");
    // An earlier process of the machine sent less.
    await sessionOf(made.hub, token).ask(helloOf(machine, { epoch: "ledger.metrics", run: "1", level: "metrics" }));
    await made.hub.lowering.settled();
    expectFrame(await sessionOf(made.hub, token).ask(beat(0, "metrics")), "beat");
    expect(expectFrame(await ask(beat(2)), "stop")).toMatchObject({ code: "busy", retryAfter: 500 });
    const again = sessionOf(made.hub, token);
    const hello = helloOf(machine, { epoch: "ledger.details", run: "2" });
    expect(expectFrame(await again.ask(hello), "welcome").acked).toBe(0);
    expect(expectFrame(await again.ask(beat(2)), "stop").code).toBe("busy");
  });

  test("asks for all rows of a new ledger when rows of the former one come late and replace them", async () => {
    using made = hubOf();
    const { machine, token, ask } = joined(made.hub, "laptop");
    const levels = (): unknown[] => made.hub.ledger.database.query("SELECT key, level FROM journal ORDER BY key").all();
    await ask(helloOf(machine, { epoch: "former.metrics", run: "1", level: "metrics" }));
    made.clock.pass(1_000);
    const renewed = sessionOf(made.hub, token);
    const hello = helloOf(machine, { epoch: "new.details", run: "2" });
    await renewed.ask(hello);
    await renewed.ask(leaving("new.details", "details", "r1", "r2"));
    expectFrame(await ask(leaving("former.metrics", "metrics", "r1")), "ack");
    expect(levels()).toEqual([
      { key: "response:r1", level: 0 },
      { key: "response:r2", level: 1 },
    ]);
    const beat: AnyFrame = {
      type: "beat",
      pending: 0,
      now: NOW,
      sent: { epoch: "new.details", acked: 2, level: "details" },
    };
    expect(expectFrame(await renewed.ask(beat), "stop").code).toBe("busy");
    const again = sessionOf(made.hub, token);
    const after = { run: "2", acked: 2 };
    expect(expectFrame(await again.ask({ ...hello, after }), "welcome").acked).toBe(0);
    await again.ask(leaving("new.details", "details", "r1", "r2"));
    expect(levels()).toEqual([
      { key: "response:r1", level: 1 },
      { key: "response:r2", level: 1 },
    ]);
    expectFrame(await again.ask(beat), "beat");
  });

  test("does not let two computers with one login replace each other's rows for ever", async () => {
    using made = hubOf();
    const { machine, token } = joined(made.hub, "laptop");
    const computer = (level: Level) => {
      const epoch = `${level}.${level}`;
      let session = sessionOf(made.hub, token);
      return {
        async send(): Promise<number> {
          made.clock.pass(1_000);
          session = sessionOf(made.hub, token);
          const hello = helloOf(machine, { epoch, level, run: level, after: { run: level, acked: 1 } });
          const { acked } = expectFrame(await session.ask(hello), "welcome");
          if (acked < 1) await session.ask(leaving(epoch, level, "r1"));
          return 1 - acked;
        },
        beat: async () =>
          (await session.ask({ type: "beat", pending: 0, now: NOW, sent: { epoch, acked: 1, level } }))?.type,
      };
    };
    const [low, high] = [computer("metrics"), computer("details")];
    expect([await low.send(), await high.send()]).toEqual([1, 1]);
    expect([await low.beat(), await high.beat()]).toEqual(["beat", "beat"]);
  });
});
