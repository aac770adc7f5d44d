import { describe, expect, test } from "bun:test";
import type { AnyFrame, Level } from "../../src/model/wire.ts";
import { eventsOf, expectFrame, helloOf, hubOf, joined, NOW, sessionOf } from "./harness.ts";

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
});
