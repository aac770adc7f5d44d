import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { worker } from "../../src/commands/worker.ts";
import { claim } from "../../src/monitoring/Claims.ts";
import { UNCLAIMED } from "../../src/monitoring/launch.ts";
import { logFiles } from "../../src/monitoring/LogFiles.ts";
import { session } from "../monitoring/harness.ts";
import { contextOf, harness } from "../install/harness.ts";

test("a worker for a slow directory that finds the interval claimed leaves its session to the worker that claimed it", async () => {
  using at = harness();
  const logs = join(at.home, "logs");
  mkdirSync(logs);
  const given = session("s-1");
  const env = {
    HOME: at.home,
    PET_USAGE_LOGGING_ENABLED: "true",
    PET_LOG_DIR: logs,
    PAWPRINT_SESSION: JSON.stringify(given),
    [UNCLAIMED]: "1",
  };
  const context = contextOf(env, at.root, {}, at.printed);
  const files = logFiles(logs, context.places.scope);
  expect(await claim(files, context.clock.now(), context.settings.usageInterval)).toBe(true);
  expect(await worker.run(context)).toBe(0);
  expect(JSON.parse(readFileSync(files.waiting("s-1"), "utf8"))).toEqual(JSON.parse(JSON.stringify(given)));
  // It recorded nothing itself.
  expect(readdirSync(logs)).toEqual([".run"]);
});
