import { describe, expect, test } from "bun:test";
import { campaigns } from "./registry.ts";
import { type Campaign, runCampaign } from "./campaign.ts";

/** Campaigns that mostly wait can run at the same time. */
const waiting = new Set(["single-flight", "disk", "planted"]);
const LIMIT_MS = 60_000;

const expectHeld = async (campaign: Campaign): Promise<void> => {
  const { failed, passed, skipped } = await runCampaign(campaign, "quick");
  for (const what of skipped) console.log(`skipped, ${campaign.name}: ${what}`);
  expect(failed).toEqual([]);
  expect(passed + skipped.length).toBeGreaterThan(0);
};

describe("faults, in a reduced form (bun run faults runs the full form)", () => {
  for (const campaign of campaigns.filter(({ name }) => !waiting.has(name)))
    test(`${campaign.name}: ${campaign.promise}`, () => expectHeld(campaign), LIMIT_MS);
  for (const campaign of campaigns.filter(({ name }) => waiting.has(name)))
    test.concurrent(`${campaign.name}: ${campaign.promise}`, () => expectHeld(campaign), LIMIT_MS);
});
