import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { recordedHomes } from "./homes.ts";
import { SourceHarness } from "./harness.ts";

const TIMESTAMP = /"timestamp":\s*"\d{4}-[^"]*"/;

/** Gives the second line with a time in each transcript one that nothing can have; how many transcripts have such a line. */
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

describe("one line of a transcript with an impossible time", () => {
  test.each(recordedHomes)("takes nothing else from the sessions of $name", async ({ source, place }) => {
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
