import { expect, test } from "bun:test";
import type { Observation } from "../../src/model/observation.ts";
import type { OpenLink } from "../../src/sync/link.ts";
import { hubIdOf } from "../../src/sync/login-file.ts";
import { noHubMemory, readSyncMemory, writeSyncMemory } from "../../src/sync/sync-memory.ts";
import { PawprintError } from "../../src/utils/errors.ts";
import { plainResponse } from "../ledger/sample.ts";
import { joinedMachine } from "./joined-machine.ts";

const wrong = (id: string): Observation => ({
  kind: "response",
  key: `response:${id}`,
  body: { ...plainResponse, input: -5 },
});
const away: OpenLink = ({ closed }) =>
  queueMicrotask(() => closed(new PawprintError("hub_away", "it is not there", "try again")));

test("what is known of a hub adds up over runs, and what is known of another one stays", async () => {
  using machine = joinedMachine();
  writeSyncMemory(machine.places, { version: 1, lowered: [], hubs: { other: { ...noHubMemory, late: 7 } } });
  for (const id of ["r1", "r2"]) {
    machine.add(wrong(id));
    await machine.sync();
  }
  const { hubs } = readSyncMemory(machine.places);
  const { refused, named, lastContact } = hubs[hubIdOf(machine.hub.key)] ?? noHubMemory;
  expect([refused, named.map(({ key }) => key)]).toEqual([2, ["response:r2", "response:r1"]]);
  expect(lastContact).not.toBeNull();
  expect(hubs["other"]?.late).toBe(7);
});

test("what a hub warned of, and when it last answered, is kept until it answers again; why it is away, no longer", async () => {
  using machine = joinedMachine();
  const warns: OpenLink = (events) =>
    machine.open()({
      ...events,
      receive: (frame) => events.receive(frame.type === "welcome" ? { ...frame, warning: "two ledgers" } : frame),
    });
  const known = [];
  for (const link of [warns, away, machine.open()]) {
    await machine.sync({}, link);
    known.push(readSyncMemory(machine.places).hubs[hubIdOf(machine.hub.key)] ?? noHubMemory);
  }
  expect(known.map(({ warning, problem }) => [warning, problem?.code ?? null])).toEqual([
    ["two ledgers", null],
    ["two ledgers", "hub_away"],
    [null, null],
  ]);
  const [first, second] = known;
  expect([second?.lastContact, second?.clockSkewMs]).toEqual([first?.lastContact, first?.clockSkewMs]);
});
