import { describe, expect, test } from "bun:test";
import { campaigns } from "./registry.ts";
import { type Campaign, perform } from "./campaign.ts";

/** Those that mostly wait may wait together. */
const waiting = new Set(["single-flight", "disk", "planted"]);
const LIMIT_MS = 60_000;

const held = async (campaign: Campaign): Promise<void> => {
  const { failed, passed, skipped } = await perform(campaign, "quick");
  for (const what of skipped) console.log(`skipped, ${campaign.name}: ${what}`);
  expect(failed).toEqual([]);
  expect(passed + skipped.length).toBeGreaterThan(0);
};

describe("faults, reduced: bun run faults runs them all", () => {
  for (const campaign of campaigns.filter(({ name }) => !waiting.has(name)))
    test(`${campaign.name}: ${campaign.promise}`, () => held(campaign), LIMIT_MS);
  for (const campaign of campaigns.filter(({ name }) => waiting.has(name)))
    test.concurrent(`${campaign.name}: ${campaign.promise}`, () => held(campaign), LIMIT_MS);
});
