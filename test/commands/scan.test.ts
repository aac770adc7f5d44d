import { describe, expect, test } from "bun:test";
import { scan } from "../../src/commands/scan.ts";
import { progressText, ProgressLine } from "../../src/commands/scan/progress-line.ts";
import { styleOf } from "../../src/utils/terminal.ts";
import { contextOf, harness } from "../install/harness.ts";

const look = styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false });

describe("scan", () => {
  test("an interrupted scan saves its progress, and the next scan continues from there", async () => {
    using at = harness();
    const filler = `${JSON.stringify({ type: "user", message: { content: "x".repeat(100_000) } })}\n`.repeat(300);
    for (const file of [1, 2, 3, 4]) {
      const message = { id: `msg_${file}`, model: "claude-opus-5-5", usage: { output_tokens: 5 } };
      const line = JSON.stringify({ type: "assistant", timestamp: "2026-11-03T09:00:00.000Z", message });
      at.write(`${at.home}/.claude/projects/p/s-${file}.jsonl`, `${line}\n${filler}`);
    }
    const printed: string[] = [];
    const ask = (): Promise<number> => scan.run(contextOf({ HOME: at.home }, at.root, { json: true }, printed));
    const running = ask();
    process.kill(process.pid, "SIGINT");
    expect(await running).toBe(130);
    expect(await ask()).toBe(0);
    type ScanOutput = { bytes: number; responses: number; cut: { bytes: number; total: number } | null };
    const [cut, whole] = printed.map((text) => JSON.parse(text) as ScanOutput);
    expect(cut?.cut?.bytes).toBeLessThan(cut?.cut?.total ?? 0);
    expect(cut?.responses).toBeGreaterThan(0);
    expect(whole).toMatchObject({ responses: 4, bytes: (cut?.cut?.total ?? 0) - (cut?.bytes ?? 0), cut: null });
  });

  test("--source reads and reports only the files of one assistant", async () => {
    using at = harness();
    const message = { id: "msg_1", model: "claude-opus-5-5", usage: { output_tokens: 5 } };
    const line = JSON.stringify({ type: "assistant", timestamp: "2026-11-03T09:00:00.000Z", message });
    at.write(`${at.home}/.claude/projects/p/s.jsonl`, `${line}\nno json, but "usage":{} in it\n`);
    const printed: string[] = [];
    const ask = async (source: string): Promise<unknown> => {
      await scan.run({ ...contextOf({ HOME: at.home }, at.root, {}, printed), options: { json: true, source } });
      return JSON.parse(printed.at(-1) ?? "");
    };
    expect(await ask("pi")).toMatchObject({ files: 0, responses: 0 });
    const own = { responses: 1, fresh: 1, progress: { files: 1 } };
    expect(await ask("claude-code")).toMatchObject(own);
    expect(await ask("pi")).toMatchObject({ files: 0, responses: 0, skipped: {}, progress: { files: 0 } });
    await expect(ask("nobody")).rejects.toMatchObject({
      code: "bad_usage",
      hint: expect.stringContaining("claude-code"),
    });
  });

  test("the progress line shows bar, percent, bytes, speed and time left", () => {
    const half = { what: "responses", read: 500e6, total: 1_073_902_786, tookMs: 1_000 };
    expect(progressText(half, look)).toBe("responses ▰▰▰▰▰▰▰▰▰▱▱▱▱▱▱▱▱▱▱▱ 46%  500.0 MB of 1.07 GB  500 MB/s  1s left");
    expect(progressText({ ...half, read: 0, tookMs: 0 }, look)).toBe(
      "responses ▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱ 0%  0 B of 1.07 GB  0 MB/s",
    );
  });

  test("the progress line is drawn at most ten times a second on one line, and erased at the end", () => {
    let now = 1_000;
    const written: string[] = [];
    const screen = { columns: 40, write: (text: string) => written.push(text) };
    const line = new ProgressLine(screen, { now: () => now, sleep: () => Promise.resolve() }, look);
    line.begin("responses");
    for (const read of [1, 2, 3]) {
      line.show(read * 1e6, 1e7);
      now += 60;
    }
    line.end();
    expect(written).toHaveLength(3);
    expect(written[0]).toMatch(/^\r.{39}\x1b\[K$/);
    expect(written[0]?.length).toBeLessThan(50);
    expect(written[2]).toBe("\r\x1b[K");
  });
});
