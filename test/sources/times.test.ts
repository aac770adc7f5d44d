import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { recordedHomes } from "./homes.ts";
import { SourceHarness } from "./harness.ts";

const TIMESTAMP = /"timestamp":\s*"\d{4}-[^"]*"/;

/**
 * Replaces the second timestamp of each transcript with an impossible one. Returns the number of changed transcripts.
 */
function damage(home: string): number {
  const paths = readdirSync(home, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".jsonl"));
  let damaged = 0;
  for (const path of paths) {
    const lines = readFileSync(join(home, path), "utf8").split("\n");
    const [, at] = Array.from(lines, (line, index) => (TIMESTAMP.test(line) ? index : -1)).filter(
      (index) => index >= 0,
    );
    if (at === undefined) continue;
    lines[at] = (lines[at] ?? "").replace(TIMESTAMP, '"timestamp":"2200-01-01T00:00:00.000Z"');
    writeFileSync(join(home, path), lines.join("\n"));
    damaged++;
  }
  return damaged;
}

describe("a transcript in which one line has an impossible time", () => {
  test.each(recordedHomes)("still gives all sessions and tokens of $name", async ({ source, place }) => {
    using harness = new SourceHarness([source]);
    place(harness);
    using whole = new SourceHarness([source]);
    place(whole);
    if (damage(harness.home) === 0) return;
    await harness.scan();
    await whole.scan();
    const sessions = "SELECT key FROM session ORDER BY key";
    expect(harness.all(sessions)).toEqual(whole.all(sessions));
    expect(harness.totals).toEqual(whole.totals);
  });
});
