import { expect, test } from "bun:test";
import { ClientRunner } from "../../src/sync/ClientRunner.ts";
import type { Clock } from "../../src/utils/clock.ts";
import { joinedMachine } from "./joined-machine.ts";

test("a runner sleeps anew only where it has to look at its client sooner than the sleep ends", async () => {
  using machine = joinedMachine();
  const { client } = machine.senderWith();
  const sleeps: number[] = [];
  const never = Promise.withResolvers<void>();
  const clock: Clock = { now: () => 0, sleep: (ms) => (sleeps.push(ms), never.promise) };
  const runner = new ClientRunner(client, () => undefined, clock);
  for (const until of [5_000, 800, 900, 100]) {
    runner.wake();
    await runner.wait(until);
  }
  expect(sleeps).toEqual([1_000, 800, 100]);
});
