import { describe, expect, test } from "bun:test";
import type { Level } from "../../src/model/wire.ts";
import type { OpenLink } from "../../src/sync/link.ts";
import { operator } from "../hub/harness.ts";
import { dumpIn, wrongSumsIn } from "../ledger/dump.ts";
import { change, joinedMachine, response } from "./joined-machine.ts";

const levelOf = (rows: readonly string[], key: string): number[] =>
  rows.filter((row) => row.startsWith(`${key} `)).map((row) => Number(row.split(" ")[1]));

describe("a machine and a hub", () => {
  test("have the same rows after all are acknowledged, and send none of them again", async () => {
    using machine = joinedMachine();
    machine.add(...Array.from({ length: 1_200 }, (_, at) => response(`r${at}`, "/p/api")));
    const first = await machine.sync();
    expect(first.client.status).toMatchObject({ sent: 1_200, acknowledged: 1_200, problem: null });
    expect(machine.atHub()).toHaveLength(1_200);
    machine.add(response("later", "/p/api"));
    expect((await machine.sync()).client.status.sent).toBe(1);
    expect((await machine.sync()).client.status.sent).toBe(0);
  });

  test("need one link for more frames than the window allows, although each answer is followed by the next frame at once", async () => {
    using machine = joinedMachine();
    machine.add(...Array.from({ length: 2_600 }, (_, at) => response(`r${at}`, "/p/api")));
    let links = 0;
    const open = machine.open();
    const { client } = await machine.sync({}, (events) => (links++, open(events)));
    expect([links, client.status.acknowledged]).toEqual([1, 2_600]);
  });

  test("lose and double nothing when the link is cut again and again", async () => {
    using machine = joinedMachine();
    machine.add(...Array.from({ length: 1_100 }, (_, at) => response(`r${at}`, "/p/api")));
    let answers = 0;
    // Every third answer does not arrive: the hub has rows of which the machine does not know it.
    const cut: OpenLink = (events) => {
      let cutLink = (): void => undefined;
      machine.open()({
        ...events,
        opened: (link) => {
          cutLink = () => {
            link.close();
            events.closed(null);
          };
          events.opened(link);
        },
        receive: (frame) => (++answers % 3 === 0 ? cutLink() : events.receive(frame)),
      });
    };
    const sender = machine.senderWith();
    await sender.runner(cut).untilDone(50);
    expect(machine.atHub()).toHaveLength(1_100);
    expect(new Set(machine.atHub()).size).toBe(1_100);
    expect([sender.client.isDone, answers > 9]).toEqual([true, true]);
  });

  test("send again what a restored hub has lost", async () => {
    using machine = joinedMachine();
    machine.add(...Array.from({ length: 20 }, (_, at) => response(`r${at}`, "/p/api")));
    await machine.sync();
    const { database } = machine.hub.ledger;
    database.run("DELETE FROM journal WHERE seq > 5");
    database.run("UPDATE stream SET acked = 5");
    const again = await machine.sync();
    expect(again.client.status.sent).toBe(15);
    expect(machine.atHub()).toHaveLength(20);
  });

  test("have each row at one level only after the level has changed, in both directions", async () => {
    using machine = joinedMachine();
    machine.add(response("r1", "/p/api"), change("c1", "/p/api"));
    await machine.sync();
    expect(machine.atHub().join()).not.toContain("/p/api");
    expect(machine.atHub()).toHaveLength(1);
    await machine.sync({ PET_SYNC_LEVEL: "details" });
    expect([levelOf(machine.atHub(), "response:r1"), levelOf(machine.atHub(), "action:file:c1")]).toEqual([[1], [1]]);
    await machine.sync();
    expect(levelOf(machine.atHub(), "response:r1")).toEqual([0]);
  });

  test("leave no details at the hub after the level was lowered, not even those of an older ledger or of pruned days", async () => {
    using machine = joinedMachine();
    const { hub } = machine;
    machine.add(response("r1", "/p/api"), change("c1", "/p/api"), response("r2", "/p/web"));
    await machine.sync({ PET_SYNC_LEVEL: "details" });
    hub.ledger.transaction((database) => {
      // The machine does not have this row any more, so it cannot send it again.
      const columns = "digest, machine, source, observer, reader, day, level";
      const copy = `SELECT 'response:old', ${columns}, replace(body, '/p/api', '/p/older') FROM journal WHERE key = 'response:r1'`;
      database.run(`INSERT INTO journal (key, ${columns}, body) ${copy}`);
    });
    hub.ledger.rebuild();
    expect(hub.ledger.prune(1_000_000)).toBe(4);
    hub.ledger.commit();
    machine.add(response("r3", "/p/new"), change("c3", "/p/new"));
    await machine.sync({ PET_SYNC_LEVEL: "details" });
    await machine.sync();
    await hub.lowering.settled();
    const dump = dumpIn(hub.ledger.database);
    expect(JSON.stringify(dump)).not.toContain("/p/");
    const { total } = hub.ledger.database
      .query<{ total: number }, []>("SELECT SUM(input) AS total FROM response")
      .get() as { total: number };
    expect([total, hub.ledger.database.query("SELECT * FROM action").all()]).toEqual([40, []]);
    expect(wrongSumsIn(hub.ledger.database)).toEqual([]);
    expect([hub.members.find("laptop")?.level, hub.members.find("laptop")?.details]).toEqual(["metrics", 0]);
    expect(hub.ledger.database.query("SELECT * FROM session_origin WHERE directory LIKE '/%'").all()).toEqual([]);
  });

  test("keep back what a project's settings keep back, and have one level for a key of two projects", async () => {
    const PET_SYNC_PROJECTS = "/p/secret=off,/p/open=details";
    using machine = joinedMachine({ PET_SYNC_PROJECTS });
    machine.add(response("secret", "/p/secret"), response("open", "/p/open"), response("shared", "/p/open"));
    await machine.sync();
    const before = machine.atHub();
    expect([
      levelOf(before, "response:secret"),
      levelOf(before, "response:open"),
      levelOf(before, "response:shared"),
    ]).toEqual([[], [1], [1]]);
    machine.add(response("shared", "/p/other"));
    await machine.sync();
    // Both rows of the key, at the lower level.
    expect(levelOf(machine.atHub(), "response:shared")).toEqual([0, 0]);
    expect(machine.atHub().join()).not.toContain("secret");
  });

  test("end the client and say why when the token was revoked", async () => {
    using machine = joinedMachine();
    machine.add(response("r1", "/p/api"));
    machine.hub.members.revoke(machine.machine, operator);
    const refused: OpenLink = (events) => {
      try {
        machine.open()(events);
      } catch (error) {
        queueMicrotask(() => events.closed(error as never));
      }
    };
    const { client, rows } = await machine.sync({}, refused);
    expect([client.status.problem?.code, rows.pending(rows.acked)]).toEqual(["unauthorized", 1]);
  });

  test("give each other's level to people: what leaves is what the level allows", async () => {
    for (const [level, isWhole] of [
      ["metrics", false],
      ["details", true],
    ] as readonly [Level, boolean][]) {
      using machine = joinedMachine();
      machine.add(response("r1", "/p/api"));
      await machine.sync({ PET_SYNC_LEVEL: level });
      expect([level, machine.atHub().join().includes("/p/api")]).toEqual([level, isWhole]);
      expect(machine.hub.members.find("laptop")?.level).toBe(level);
    }
  });
});
