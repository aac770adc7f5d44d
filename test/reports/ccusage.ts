import { expect } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../campaigns/e2e/claude.ts";

const native = `node_modules/@ccusage/ccusage-${process.platform}-${process.arch}/bin/ccusage`;
/** ccusage 20.0.24, if it is in the cache already: no test downloads anything. */
export const ccusage = ["peers", "peers/counting"]
  .map((folder) => join(cacheFolder(), folder, native))
  .find(existsSync);

/** An object of JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** Tolerance in dollars: ccusage adds floating-point numbers, we add whole micro-dollars. */
const COST = 0.000_001;
/** Lists without a defined order, and the field that identifies their members. */
const UNORDERED: Readonly<Record<string, string>> = { modelsUsed: "", models: "", modelBreakdowns: "modelName" };

/** Expects every field of theirs in ours, with the same value. */
export function expectSame(theirs: unknown, ours: unknown, path: string): void {
  const field = path.split(".").findLast((part) => !/^\d+$/.test(part)) ?? "";
  if (typeof theirs === "number" && /cost/i.test(field)) {
    expect({ path, near: Math.abs(theirs - Number(ours)) <= COST }).toEqual({ path, near: true });
  } else if (Array.isArray(theirs)) {
    const key = UNORDERED[field];
    const order = (list: unknown): unknown[] =>
      key === undefined
        ? (list as unknown[])
        : (list as unknown[]).toSorted((a, b) => (nameOf(a, key) < nameOf(b, key) ? -1 : 1));
    const [left, right] = [order(theirs), order(ours)];
    expect({ path, length: right.length }).toEqual({ path, length: left.length });
    for (const [index, one] of left.entries()) expectSame(one, right[index], `${path}.${index}`);
  } else if (typeof theirs === "object" && theirs !== null) {
    for (const [name, value] of Object.entries(theirs)) {
      expectSame(value, (ours as Fields)[name], `${path}.${name}`);
    }
  } else expect({ path, value: ours }).toEqual({ path, value: theirs });
}

const nameOf = (one: unknown, key: string): string => String(key === "" ? one : (one as Fields)[key]);

/** What ccusage prints for Claude Code's transcripts below a home. */
export async function runCcusage(home: string, args: readonly string[], zone = "UTC"): Promise<string> {
  const command = [ccusage ?? "", "claude", ...args];
  const child = Bun.spawn(command, { env: { HOME: home, TZ: zone }, stdio: ["ignore", "pipe", "ignore"] });
  return await child.stdout.text();
}
