import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { blocksOf } from "../../../../src/reports/shared/usage/blocks.ts";
import { projectNames } from "../../../../src/reports/shared/usage/names.ts";
import { windowsOf } from "../../../../src/reports/shared/limits/known-windows.ts";
import type { UsageRecord } from "../../../../src/model/record.ts";

const at = (time: string): number => Date.parse(`2026-11-${time}:00.000Z`);
const slot = (time: string) => ({ from: at(time), to: at(time) + 1 });
const shown = (ms: number): string => new Date(ms).toISOString().slice(8, 16);
const bounds = (blocks: readonly { from: number; to: number; isMeasured: boolean }[]) =>
  blocks.map(({ from, to, isMeasured }) => `${shown(from)} ${shown(to)}${isMeasured ? " measured" : ""}`);

describe("blocks", () => {
  test("estimated blocks begin at the hour of their first response and last five hours", () => {
    const slots = ["10T09:40", "10T13:59", "10T14:00", "10T23:10"].map(slot);
    expect(bounds(blocksOf(slots, []))).toEqual(["10T09:00 10T14:00", "10T14:00 10T19:00", "10T23:00 11T04:00"]);
  });

  test("blocks use the known windows", () => {
    const windows = [{ from: at("10T11:20"), to: at("10T16:20") }];
    const slots = ["10T09:40", "10T11:10", "10T11:20", "10T16:19", "10T16:20"].map(slot);
    expect(bounds(blocksOf(slots, windows))).toEqual([
      "10T09:00 10T11:20",
      "10T11:20 10T16:20 measured",
      "10T16:20 10T21:00",
    ]);
  });

  test("blocks never overlap, and contain every slot once", () => {
    const minutes = fc.array(fc.integer({ min: 0, max: 6_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(minutes, fc.uniqueArray(fc.integer({ min: 0, max: 15 }), { maxLength: 6 }), (used, known) => {
        const slots = used
          .toSorted((a, b) => a - b)
          .map((minute) => {
            const ms = at("10T00:00") + minute * 60_000;
            return { from: ms, to: ms + 1 };
          });
        const windows = known
          .toSorted((a, b) => a - b)
          .map((index) => ({
            from: at("10T00:20") + index * 18_000_000,
            to: at("10T00:20") + (index + 1) * 18_000_000,
          }));
        const blocks = blocksOf(slots, windows);
        expect(blocks.flatMap((block) => block.slots)).toEqual(slots);
        for (const [index, block] of blocks.entries()) {
          expect(block.to - block.from).toBeLessThanOrEqual(18_000_000);
          expect(block.from).toBeGreaterThanOrEqual(blocks[index - 1]?.to ?? 0);
          for (const { from } of block.slots) expect(from >= block.from && from < block.to).toBe(true);
        }
      }),
    );
  });
});

describe("known windows", () => {
  const record = (resetsAt: unknown, statusline: UsageRecord["statusline"] = null): UsageRecord => ({
    id: "one",
    timestamp: "2026-11-10T10:00:00.000Z",
    session_id: null,
    cwd: null,
    model: null,
    version: null,
    source: "control",
    usage_data: { rate_limits: { five_hour: { utilization: 1, resets_at: resetsAt } } },
    statusline,
  });

  test("known windows come from both sources without duplicates, and end where the next one begins", () => {
    const given = { rate_limits: { five_hour: { used_percentage: 3, resets_at: at("10T14:00") / 1_000 } } };
    const found = windowsOf([
      record("2026-11-10T13:59:59.700Z"),
      record(null, { ...given, context_window: null, cost: null }),
      record("2026-11-10T17:30:00Z"),
      record("nonsense"),
    ]);
    expect(found.map(({ from, to }) => `${shown(from)} ${shown(to)}`)).toEqual([
      "10T09:00 10T12:30",
      "10T12:30 10T17:30",
    ]);
  });
});

describe("names of projects", () => {
  test("names of projects are as short as possible and unique", () => {
    const names = projectNames(["/a/work/api", "/b/work/api", "/c/shop", "", "/", "/api", "C:\\x\\notes"]);
    expect([...names.values()].toSorted()).toEqual([
      "(unknown)",
      "/",
      "a/work/api",
      "api",
      "b/work/api",
      "notes",
      "shop",
    ]);
  });
});
