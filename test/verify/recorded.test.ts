import { describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Recounter } from "../../src/verify/recount.ts";
import { piecesOf, transcriptRoots, transcriptsIn } from "../../src/verify/transcripts.ts";
import { count } from "../traps/pawprint.ts";
import type { Truth } from "../traps/trap.ts";

const RECORDED = resolve(import.meta.dir, "../fixtures/transcripts");

/** Actual usage from the server's log: one line for each response. */
interface ServerResponse {
  readonly id: string;
  readonly usage: {
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly cache_read_input_tokens: number;
    readonly cache_creation: { readonly ephemeral_5m_input_tokens: number; readonly ephemeral_1h_input_tokens: number };
  };
}

/** The totals of all responses that appear in a transcript. Requests that compact a conversation do not. */
function truth(): Pick<Truth, "responses" | "input" | "output" | "cacheWrite5m" | "cacheWrite1h" | "cacheRead"> {
  const names = readdirSync(RECORDED, { recursive: true, encoding: "utf8" }).filter((name) => name.includes("/"));
  const all = names.filter((name) => name.endsWith(".jsonl")).map((name) => readFileSync(join(RECORDED, name), "utf8"));
  const lines = readFileSync(join(RECORDED, "MOCK-TRUTH.jsonl"), "utf8").trimEnd().split("\n");
  const given = lines
    .map((line) => JSON.parse(line) as ServerResponse)
    .filter(({ id }) => all.some((text) => new RegExp(`"id": ?"${id}"`).test(text)));
  const sum = (of: (usage: ServerResponse["usage"]) => number): number =>
    given.reduce((total, { usage }) => total + of(usage), 0);
  return {
    responses: given.length,
    input: sum((usage) => usage.input_tokens),
    output: sum((usage) => usage.output_tokens),
    cacheWrite5m: sum((usage) => usage.cache_creation.ephemeral_5m_input_tokens),
    cacheWrite1h: sum((usage) => usage.cache_creation.ephemeral_1h_input_tokens),
    cacheRead: sum((usage) => usage.cache_read_input_tokens),
  };
}

/** Runs a function in a home with the recorded transcripts. */
async function inHome<T>(run: (home: string) => T | Promise<T>): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), "pawprint-recorded-"));
  try {
    for (const name of readdirSync(RECORDED).filter((one) => !one.endsWith(".jsonl"))) {
      cpSync(join(RECORDED, name), join(home, ".claude/projects", name), { recursive: true });
    }
    return await run(home);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

describe("transcripts of real sessions, with a subagent, a compaction, a resumption and a clear", () => {
  test("the recorded transcripts contain more than 20 responses", () => {
    expect(truth().responses).toBeGreaterThan(20);
  });

  test("the totals of the ledger equal those of the server", async () => {
    expect(await inHome((home) => count(home, { HOME: home }))).toMatchObject(truth());
  });

  test("the totals of the second reader equal those of the server", async () => {
    const recount = await inHome((home) => {
      const recounter = new Recounter();
      for (const path of transcriptsIn(transcriptRoots({}, home))) {
        recounter.read(path, piecesOf(path) ?? []);
      }
      return recounter.result();
    });
    const sum = (of: (one: (typeof recount.responses)[number]) => number): number =>
      recount.responses.reduce((total, one) => total + of(one), 0);
    expect({
      responses: recount.responses.length,
      input: sum(({ input }) => input),
      output: sum(({ output }) => output),
      cacheWrite5m: sum(({ cacheWrite5m }) => cacheWrite5m),
      cacheWrite1h: sum(({ cacheWrite1h }) => cacheWrite1h),
      cacheRead: sum(({ cacheRead }) => cacheRead),
    }).toEqual(truth());
    const evidence = [...recount.sessions.values()];
    expect(evidence.filter(({ isCompacted }) => isCompacted)).toHaveLength(1);
    expect(evidence.some(({ isFork }) => isFork)).toBe(false);
  });
});
