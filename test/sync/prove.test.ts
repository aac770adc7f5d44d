import { describe, expect, test } from "bun:test";
import type { Observation } from "../../src/model/observation.ts";
import { prove } from "../../src/sync/prove.ts";
import { plainAction } from "../ledger/sample.ts";
import { change, joinedMachine, response } from "./joined-machine.ts";

/** A use of a tool, whose target leaves at level details only. */
const tool = (target: string): Observation => ({
  kind: "action",
  key: "action:tool:t1",
  body: { ...plainAction, project: "/p/api", action: "tool", target },
});

describe("the proof that a machine and a hub have the same", () => {
  test("sends again what the hub lacks", async () => {
    using machine = joinedMachine();
    machine.add(...Array.from({ length: 300 }, (_, at) => response(`r${at}`, "/p/api")));
    machine.add(change("c1", "/p/api"));
    const sender = await machine.sync();
    const compare = () => prove(machine.ledger, sender.rows, machine.ask, 0);
    expect(await compare()).toEqual({
      rows: 300,
      forgotten: 0,
      differences: [],
      resent: 0,
      refused: 0,
      late: 0,
      remaining: [],
    });
    machine.hub.ledger.database.run("DELETE FROM journal WHERE key IN ('response:r7', 'response:r8')");
    const found = await compare();
    expect(found.differences.length).toBeWithin(1, 3);
    expect(found.differences.reduce((sum, { here, atHub }) => sum + here - atHub, 0)).toBe(2);
    expect([found.remaining, found.refused]).toEqual([[], 0]);
    expect(machine.atHub()).toHaveLength(300);
  });

  test("has no difference where two rows are one without their details", async () => {
    using machine = joinedMachine();
    for (const target of ["/p/api/a.ts", "/p/api/b.ts"]) machine.add(tool(target));
    const sender = await machine.sync();
    expect(machine.atHub()).toHaveLength(1);
    expect(await prove(machine.ledger, sender.rows, machine.ask, 0)).toMatchObject({ rows: 1, differences: [] });
  });

  test.each([
    ["metrics", "session", "s api"],
    ["metrics", "project", "/p/api"],
    ["details", "project", "/p/api"],
    ["details", "project", "api"],
    ["details", "machine", ""],
  ] as const)(
    "has no difference at level %s after a %s was forgotten, which is kept out",
    async (level, kind, value) => {
      using machine = joinedMachine({ PET_SYNC_LEVEL: level });
      const { hub } = machine;
      for (const project of ["/p/api", "/p/web"]) {
        const responses = Array.from({ length: 20 }, (_, at) =>
          response(`${project}${at}`.replaceAll("/", "-"), project),
        );
        machine.add(...responses, change(`c${project}`, project));
      }
      machine.add(response("below-api", "/p/api/src"));
      let sender = await machine.sync();
      const keys = (): string[] => machine.atHub().map((row) => row.split(" ")[0] ?? "");
      const before = keys().length;
      await machine.ask({ type: "forget", kind, value: kind === "machine" ? machine.machine : value }, "forgotten");
      const left = keys();
      const isBelow = level === "details" && value === "/p/api";
      expect(left.filter((key) => key.includes("api"))).toHaveLength(isBelow || kind === "machine" ? 0 : 1);
      const expected = {
        rows: left.length,
        forgotten: before - left.length,
        differences: [],
        resent: 0,
        remaining: [],
      };
      const compare = () => prove(machine.ledger, sender.rows, machine.ask, 0);
      expect(await compare()).toMatchObject(expected);
      // All rows once more, as after a change of what leaves.
      sender = await machine.sync({ PET_SYNC_PROJECTS: "/p/elsewhere=off" });
      hub.ledger.rebuild();
      expect(keys()).toEqual(left);
      expect(await compare()).toMatchObject(expected);
      hub.ledger.database.run("DELETE FROM journal");
      expect((await compare()).remaining).toEqual([]);
      expect(keys()).toEqual(left);
    },
  );
});
