import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { claudeCode } from "../../src/sources/claude-code.ts";
import { cowork } from "../../src/sources/cowork.ts";
import { compare, type Difference, sumOf } from "../../src/verify/compare.ts";
import { recountFiles } from "../../src/verify/recount-files.ts";
import { snapshotOf } from "../../src/verify/snapshot.ts";
import { recorded } from "../sources/cowork.ts";
import { SourceHarness } from "../sources/harness.ts";

async function differencesIn(harness: SourceHarness): Promise<Difference[]> {
  await harness.scan();
  const { facts, wrongSums, read, vanished } = snapshotOf(harness.path);
  const { recount, changed } = recountFiles({}, harness.home, read, Number.POSITIVE_INFINITY);
  expect(wrongSums).toEqual([]);
  const found = compare(facts, recount, { vanished, changed, unreadable: [] });
  if (found.length === 0) expect(sumOf(facts)).toEqual(sumOf(recount.responses));
  return found;
}

test.each(recorded)("the recount of $name equals the ledger", async ({ place, truth }) => {
  using harness = new SourceHarness([claudeCode, cowork]);
  place(harness);
  expect(await differencesIn(harness)).toEqual([]);
  expect(snapshotOf(harness.path).facts).toHaveLength(truth.responses);
});

test("a response of Cowork that is also in ~/.claude is counted once, whichever copy is more complete", async () => {
  const line = (output: number, seconds: number): string =>
    `${JSON.stringify({
      type: "assistant",
      uuid: "u",
      sessionId: "s",
      cwd: "/sessions/x",
      timestamp: `2026-11-20T10:00:0${seconds}.000Z`,
      requestId: "req",
      message: { id: "msg", model: "claude-opus-5", content: [], usage: { input_tokens: 1, output_tokens: output } },
    })}\n`;
  for (const [plain, inCowork] of [
    [line(9, 0), line(9, 0)],
    [line(1, 0), line(9, 1)],
    [line(9, 1), line(1, 0)],
    [line(9, 0), line(9, 1)],
    [line(1, 1), line(9, 1)],
  ] as const) {
    using harness = new SourceHarness([claudeCode, cowork]);
    const session = ".config/Claude/local-agent-mode-sessions/w/g/local_1";
    const files = {
      ".claude/projects/-sessions-x/s.jsonl": plain,
      [`${session}/.claude/projects/-sessions-x/s.jsonl`]: inCowork,
      [`${session}/audit.jsonl`]: line(500, 2),
      [`${session}/outputs/.claude/projects/-sessions-x/s.jsonl`]: line(600, 3),
      ".config/Claude/local-agent-mode-sessions/w/notes.jsonl": line(700, 3),
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(harness.home, path)), { recursive: true });
      writeFileSync(join(harness.home, path), text);
    }
    expect(await differencesIn(harness)).toEqual([]);
    expect(harness.totals).toMatchObject({ responses: 1, output: 9 });
  }
});
