import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Sequence } from "../ledger/random.ts";
import { SimulatedHub } from "./simulation/hub.ts";
import { SimulatedMachine } from "./simulation/machine.ts";
import { observed } from "./simulation/observations.ts";
import { problemsOf } from "./simulation/promises.ts";
import { World } from "./simulation/world.ts";

const folder = mkdtempSync(join(tmpdir(), "pawprint-promises-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let histories = 0;

/** A hub and computers with one login, each with a home of its own. */
function computers() {
  const own = join(folder, String(++histories));
  mkdirSync(own);
  const world = new World(new Sequence(1));
  const hub = new SimulatedHub(world, join(own, "hub.db"), 0);
  hub.addMember("login", "laptop");
  const machines: SimulatedMachine[] = [];
  return {
    world,
    hub,
    add(host: string): SimulatedMachine {
      const machine = new SimulatedMachine(world, hub, "login", host, join(own, `${host}.db`), []);
      machine.level = "details";
      machines.push(machine);
      return machine;
    },
    share(one: SimulatedMachine): SimulatedMachine {
      const machine = one.another(`${one.host}y`);
      machines.push(machine);
      return machine;
    },
    problems: () => problemsOf({ hub: hub.ledger, machines, forgotten: [] }),
    [Symbol.dispose](): void {
      for (const machine of machines) machine.close();
      hub[Symbol.dispose]();
    },
  };
}

/** Starts a machine that works in two of the projects, and lets everything arrive. */
async function workAt(world: World, machine: SimulatedMachine): Promise<void> {
  machine.start();
  const seen = Array.from({ length: 60 }, () => observed(world, "a"));
  machine.work(seen.filter(({ body }) => "project" in body && body.project !== "/home/dev/secret"));
  await world.pass(100_000);
}

/** Lets a file lower what leaves of a project, and then say the opposite, which raises nothing. */
async function lowerOnce(world: World, machine: SimulatedMachine): Promise<void> {
  for (const word of ["metrics", "details"] as const) {
    machine.words.set("/srv/web", word);
    machine.start();
    await world.pass(100_000);
  }
}

describe("what is expected of computers with one login", () => {
  test("knows that those with one home keep what a file of a project once lowered", async () => {
    using made = computers();
    const { world } = made;
    const first = made.add("a");
    await workAt(world, first);
    await lowerOnce(world, first);
    const second = made.share(first);
    second.start();
    await world.pass(100_000);
    expect(second.rows?.policy).toBe(first.rows?.policy ?? "");
    expect(made.problems()).toEqual([]);
  });

  test("takes rows of either form where a file once lowered what leaves one of them", async () => {
    using made = computers();
    const { world } = made;
    const [first, second] = [made.add("a"), made.add("b")];
    await workAt(world, first);
    await lowerOnce(world, first);
    second.words.set("/srv/web", "details");
    second.files.push(...first.files);
    second.start();
    await world.pass(100_000);
    expect(second.rows?.policy).not.toBe(first.rows?.policy ?? "");
    expect(made.problems()).toEqual([]);
  });

  test("finds a row that is missing although their files say different things of a project that neither worked in", async () => {
    using made = computers();
    const { world, hub } = made;
    const [first, second] = [made.add("a"), made.add("b")];
    first.words.set("/home/dev/secret", "off");
    await workAt(world, first);
    await workAt(world, second);
    expect(made.problems()).toEqual([]);
    const { key } = hub.ledger.database.query<{ key: string }, []>("SELECT key FROM journal LIMIT 1").get() ?? {
      key: "",
    };
    hub.ledger.database.run("DELETE FROM journal WHERE key = ?", [key]);
    expect(made.problems().join()).toContain(`missing ${key}`);
  });
});

test("computers with one login and different levels come to rest, whichever says hello", async () => {
  using made = computers();
  const { world } = made;
  const [low, high] = [made.add("low"), made.add("high")];
  low.level = "metrics";
  await workAt(world, low);
  high.files.push(...low.files);
  for (const one of [high, low, high, low]) {
    if (one.client === null) one.start();
    else one.cut();
    await world.pass(600_000);
    expect([low, high].map(({ client }) => client?.isDone ?? true)).toEqual([true, true]);
    const sent = [low, high].map(({ client }) => client?.status.sent);
    await world.pass(600_000);
    expect([low, high].map(({ client }) => client?.status.sent)).toEqual(sent);
  }
  expect(made.problems()).toEqual([]);
});
