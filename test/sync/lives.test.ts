import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hub } from "../../src/hub/Hub.ts";
import { localLink } from "../../src/hub/local-link.ts";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { Observation } from "../../src/model/observation.ts";
import type { Level } from "../../src/model/wire.ts";
import { HubSender } from "../../src/sync/HubSender.ts";
import { readSettings } from "../../src/utils/config.ts";
import { placesOf } from "../../src/utils/paths.ts";
import { hubOf, NOW, operator, StepClock } from "../hub/harness.ts";
import { NOON, plainResponse } from "../ledger/sample.ts";

const folder = mkdtempSync(join(tmpdir(), "pawprint-lives-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => join(folder, `${++files}.db`);

const response = (id: string, parts: Partial<typeof plainResponse> = {}): Observation => ({
  kind: "response",
  key: `response:${id}`,
  body: { ...plainResponse, input: 10, ...parts },
});

const open = (path: string): Ledger => new Ledger(path, () => "laptop");
const observe = (ledger: Ledger, ...observed: Observation[]): void =>
  void ledger.ingest({ source: "codex", entries: prepare(ledger.machine, "codex", observed) });

/** Makes a copy look as if it had been written into the file that it was copied from. */
const takeForSame = ({ database }: Ledger, path: string): void =>
  void database.run("UPDATE meta SET value = ? WHERE name = 'file'", [String(statSync(path).ino)]);

const memberOf = (hub: Hub, machine: string, born = NOW): void =>
  void hub.members.add({ machine, name: machine, person: "", provenance: "machine", born }, operator);

/** Sends a ledger as a machine until nothing is pending; returns what became of it. */
async function send(hub: Hub, ledger: Ledger, machine: string, level: Level = "details") {
  const { settings } = readSettings([{ PET_SYNC_LEVEL: level }]);
  const identity = { hub: "hub", key: hub.key, machine, name: machine, program: "1" };
  const places = placesOf({ HOME: folder }, "/nowhere");
  const sender = new HubSender({ ledger, identity, settings, places, clock: new StepClock(), random: () => 0 });
  const link = localLink(hub, { token: "local", name: machine, scope: "machine", machine, person: "" });
  await sender.runner(link).untilDone(3);
  const outcome = { isDone: sender.client.isDone, sent: sender.client.status.sent, ...sender.rows.report };
  sender.client.end();
  return outcome;
}

const all = (hub: Hub, sql: string): string[] =>
  hub.ledger.database
    .query<Record<string, string>, []>(sql)
    .all()
    .map((row) => Object.values(row).join(" "));
const keysIn = (hub: Hub): string[] => all(hub, "SELECT key FROM journal ORDER BY key");
const factsIn = (hub: Hub): string[] => all(hub, "SELECT key FROM response ORDER BY key");
const ownersIn = (hub: Hub): string[] =>
  all(hub, "SELECT DISTINCT machine FROM response JOIN dimension_set ON id = dimension_id");
const named = (...ids: string[]): string[] => ids.map((id) => `response:${id}`);

describe("a ledger that sends to a hub", () => {
  test("and its clone lose nothing of what each observed under the same numbers", async () => {
    using made = hubOf();
    const { hub } = made;
    memberOf(hub, "laptop");
    const path = newFile();
    using original = open(path);
    observe(original, response("r1"), response("r2"));
    await send(hub, original, "laptop");
    original.checkpoint();
    const copy = newFile();
    copyFileSync(path, copy);
    using clone = open(copy);
    observe(original, response("a3"));
    observe(clone, response("b3"), response("b4"));
    for (const ledger of [clone, original, clone]) expect((await send(hub, ledger, "laptop")).isDone).toBe(true);
    expect(keysIn(hub)).toEqual(named("a3", "b3", "b4", "r1", "r2"));
    expect(factsIn(hub)).toEqual(keysIn(hub));
  });

  test("and its clone, which sent less about a response in another form, lose nothing of it", async () => {
    using made = hubOf();
    const { hub } = made;
    memberOf(hub, "laptop");
    const [path, copy] = [newFile(), newFile()];
    using original = open(path);
    observe(original, response("r1", { output: 10 }));
    await send(hub, original, "laptop", "metrics");
    original.checkpoint();
    copyFileSync(path, copy);
    using clone = open(copy);
    observe(original, response("r1", { output: 20 }));
    await send(hub, original, "laptop", "metrics");
    expect(all(hub, "SELECT output FROM response")).toEqual(["20"]);
    await send(hub, clone, "laptop", "details");
    await send(hub, original, "laptop", "metrics");
    await hub.lowering.settled();
    expect(all(hub, "SELECT output FROM response")).toEqual(["20"]);
  });

  test.each(["in the same file", "as another file"])(
    "loses nothing after an older copy was put back %s",
    async (how) => {
      using made = hubOf();
      const { hub } = made;
      memberOf(hub, "laptop");
      const [path, copy] = [newFile(), newFile()];
      using before = open(path);
      observe(before, response("r1"));
      await send(hub, before, "laptop");
      before.checkpoint();
      copyFileSync(path, copy);
      observe(before, response("r2"));
      await send(hub, before, "laptop");
      using after = open(copy);
      if (how === "in the same file") takeForSame(after, copy);
      // Under the number that another row had before.
      observe(after, response("r3"));
      expect((await send(hub, after, "laptop")).isDone).toBe(true);
      expect(factsIn(hub)).toEqual(named("r1", "r2", "r3"));
      expect(keysIn(hub)).toEqual(factsIn(hub));
    },
  );

  test("loses nothing if the hub is put back too, to a time when other rows had these numbers", async () => {
    const [path, copy, hubPath, hubCopy] = [newFile(), newFile(), newFile(), newFile()];
    using made = hubOf(hubPath);
    memberOf(made.hub, "laptop");
    using before = open(path);
    observe(before, response("r1"));
    await send(made.hub, before, "laptop");
    before.checkpoint();
    copyFileSync(path, copy);
    observe(before, response("r2"));
    await send(made.hub, before, "laptop");
    made.hub.ledger.checkpoint();
    copyFileSync(hubPath, hubCopy);
    using after = open(copy);
    takeForSame(after, copy);
    // Its files are read in another order.
    observe(after, response("r3"));
    observe(after, response("r2"));
    await send(made.hub, after, "laptop");
    expect(factsIn(made.hub)).toEqual(named("r1", "r2", "r3"));
    using restored = hubOf(hubCopy);
    expect(factsIn(restored.hub)).toEqual(named("r1", "r2"));
    await send(restored.hub, after, "laptop");
    expect(factsIn(restored.hub)).toEqual(named("r1", "r2", "r3"));
  });

  test("counts nothing twice after it was made anew under the same login", async () => {
    using made = hubOf();
    const { hub } = made;
    memberOf(hub, "laptop");
    using before = open(newFile());
    using after = open(newFile());
    observe(before, response("r1"), response("r2"));
    observe(after, response("r1"), response("r2"), response("r3"));
    await send(hub, before, "laptop");
    expect(await send(hub, after, "laptop")).toMatchObject({ isDone: true, sent: 3 });
    expect([keysIn(hub), factsIn(hub)]).toEqual([named("r1", "r2", "r3"), named("r1", "r2", "r3")]);
  });

  test("hears of rows whose days were pruned, which are not counted alone; a new key of such a day is", async () => {
    using made = hubOf();
    const { hub } = made;
    memberOf(hub, "laptop");
    using before = open(newFile());
    observe(before, response("r1", { output: 40 }), response("r2"));
    await send(hub, before, "laptop");
    hub.ledger.prune(Math.floor(NOON / 86_400_000) + 1);
    hub.ledger.commit();
    expect(keysIn(hub)).toEqual([]);
    using after = open(newFile());
    observe(after, response("r1", { output: 1 }), response("r2"), response("r3"));
    expect(await send(hub, after, "laptop")).toMatchObject({ isDone: true, late: 2 });
    expect(hub.members.find("laptop")?.late).toBe(2);
    expect(keysIn(hub)).toEqual(named("r3"));
    expect(all(hub, "SELECT key, output FROM response ORDER BY key")).toEqual([
      "response:r1 40",
      "response:r2 0",
      "response:r3 0",
    ]);
  });

  test("learns which row was refused and why, sends the others, and does not send it again and again", async () => {
    using made = hubOf();
    const { hub } = made;
    memberOf(hub, "laptop");
    using ledger = open(newFile());
    observe(ledger, response("r1"), response("r2", { input: -5 }), response("r3"));
    expect(await send(hub, ledger, "laptop")).toMatchObject({
      isDone: true,
      sent: 3,
      refusedCount: 1,
      refused: [{ key: "response:r2", code: "bad_row" }],
    });
    expect(factsIn(hub)).toEqual(named("r1", "r3"));
    expect(hub.members.find("laptop")?.refused).toBe(1);
    expect((await send(hub, ledger, "laptop")).sent).toBe(0);
  });
});

test.each([[["old", "young"]], [["young", "old"]]])(
  "a home that two machines sync belongs to the ledger born first, and to the other one once that is forgotten: joined as %p",
  async (order) => {
    using made = hubOf();
    const { hub } = made;
    for (const machine of order) {
      memberOf(hub, machine, machine === "old" ? NOW - 9_000 : NOW - 1_000);
      using ledger = open(newFile());
      observe(ledger, response("r1"), response("r2"));
      await send(hub, ledger, machine);
    }
    expect([keysIn(hub).length, factsIn(hub), ownersIn(hub)]).toEqual([4, named("r1", "r2"), ["old"]]);
    await hub.ingest.forget({ kind: "machine", value: "old", machine: null }, operator);
    expect([keysIn(hub), factsIn(hub), ownersIn(hub)]).toEqual([named("r1", "r2"), named("r1", "r2"), ["young"]]);
  },
);
