import { describe, expect, spyOn, test } from "bun:test";
import type { Emitter } from "../../src/sources/contract.ts";
import { transcriptReader } from "../../src/sources/transcripts/read.ts";

await transcriptReader.load("activity");

/** Reads lines as a chunk of a transcript; returns the emitter and the number of skipped lines. */
function read(phase: "usage" | "activity", lines: readonly string[]): { emitter: Emitter; skipped: number } {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  const all = { skipped: 0 };
  const emitter: Emitter = { memory: null, emit() {}, skip: () => void all.skipped++ };
  const file = {
    path: "/home/user/.claude/projects/p/s1.jsonl",
    modifiedAt: 1,
    readSibling: () => null,
    listFolder: () => [],
  };
  transcriptReader.read(phase, { ...file, bytes, offset: 0, isOpen: false }, emitter);
  return { emitter, ...all };
}

/** Bytes that buffer searches go through during an action. */
function bytesSearched(action: () => void): number {
  let sum = 0;
  const spies = (["indexOf", "lastIndexOf"] as const).map((name) => {
    const search = Buffer.prototype[name] as (this: Buffer, what: unknown, from?: number) => number;
    return spyOn(Buffer.prototype, name).mockImplementation(function (this: Buffer, what: unknown, from?: number) {
      const start = from ?? (name === "indexOf" ? 0 : this.length);
      const found = search.call(this, what, start);
      const end = name === "indexOf" ? (found < 0 ? this.length : found) : Math.max(found, 0);
      sum += Math.abs(end - start);
      return found;
    });
  });
  try {
    action();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return sum;
}

describe("a transcript made to be slow to read", () => {
  for (const line of [
    '{"usage":1}',
    '{"type":"assistant","message":{"usage":{}}}',
    '{"content":["usage"]}',
    '"usage":{',
  ]) {
    test(`is searched only a few times in all, however many lines it has: ${line}`, () => {
      const lines = Array<string>(3_000).fill(line);
      const size = lines.length * (line.length + 1);
      let skipped = 0;
      const searched = bytesSearched(() => ({ skipped } = read("usage", lines)));
      expect({ skipped, times: Math.round(searched / size) }).toEqual({ skipped: 3_000, times: expect.any(Number) });
      expect(searched / size).toBeLessThan(20);
    });
  }

  test("needs little memory, even if each of its prompts names another session", () => {
    const prompt = (number: number): string =>
      JSON.stringify({
        type: "user",
        sessionId: `s${number}`,
        timestamp: "2026-11-20T10:00:00.000Z",
        uuid: `u${number}`,
        message: { role: "user", content: "hello" },
      });
    const { emitter } = read(
      "activity",
      Array.from({ length: 5_000 }, (_, number) => prompt(number)),
    );
    expect(JSON.stringify(emitter.memory).length).toBeLessThan(65_536);
  });
});
