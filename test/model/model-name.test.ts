import { describe, expect, test } from "bun:test";
import { modelName } from "../../src/model/price.ts";
import { now, perMillion, prices } from "./per-million.ts";

describe("names of models", () => {
  test.each([
    ["claude-opus-5-5", "claude-opus-5-5"],
    ["claude-opus-5-5[1m]", "claude-opus-5-5"],
    ["Claude-Opus-5-5", "claude-opus-5-5"],
    ["claude-opus-4-20250514", "claude-opus-4"],
    ["claude-opus-4@20250514", "claude-opus-4"],
    ["us.anthropic.claude-opus-4-1-20250805-v1:0", "claude-opus-4-1"],
    ["global.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"],
    ["global.anthropic.claude-sonnet-4-5-20250929-v1:0[1m]", "claude-sonnet-4-5"],
    ["anthropic.claude-3-haiku-20240307-v1:0:200k", "claude-3-haiku"],
    ["claude-sonnet-4-5@20250929", "claude-sonnet-4-5"],
    ["claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet"],
    ["claude-3-5-haiku-latest", "claude-3-5-haiku"],
    ["anthropic/claude-opus-4.5", "claude-opus-4-5"],
    ["publishers/anthropic/models/claude-haiku-4-5@20251001", "claude-haiku-4-5"],
    ["openrouter/anthropic/claude-3.7-sonnet:thinking", "claude-3-7-sonnet"],
    ["copilot/claude-sonnet-4.5", "claude-sonnet-4-5"],
    ["claude-3.7-sonnet-thought", "claude-3-7-sonnet"],
    ["claude-4-sonnet", "claude-sonnet-4"],
    ["claude-4.5-opus-high-thinking", "claude-opus-4-5"],
    ["claude-5.5-opus", "claude-opus-5-5"],
    ["gpt-5.5", "gpt-5.5"],
    ["openai/gpt-5.5", "gpt-5.5"],
    ["GPT-5-2025-08-07", "gpt-5"],
    ["azure/gpt-4.1-mini-2025-04-14", "gpt-4.1-mini"],
    ["gpt-6.1-sol-2026-09-29", "gpt-6.1-sol"],
    ["gpt-5.1-codex-max", "gpt-5.1-codex-max"],
    ["gpt-5.1-codex-max-xhigh", "gpt-5.1-codex-max"],
    ["gpt-5.6-sol-high", "gpt-5.6-sol"],
    ["openai/o4-mini-high", "o4-mini"],
    ["codex-mini-latest", "codex-mini-latest"],
    ["gpt-4o-2024-08-06", "gpt-4o-2024-08-06"],
    ["models/gemini-2.5-pro", "gemini-2.5-pro"],
    ["publishers/google/models/gemini-2.5-flash@default", "gemini-2.5-flash"],
    ["google/gemini-3-pro-preview", "gemini-3-pro-preview"],
    ["qwen3-coder-plus-2025-07-22", "qwen3-coder-plus"],
    ["moonshotai/kimi-k2.5", "kimi-k2.5"],
    ["global.openai.gpt-6.2-sol", "gpt-6.2-sol"],
    ["z-ai/glm-4.6", "glm-4.6"],
    ["MiniMax-M2.7", "minimax-m2.7"],
    [
      "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0",
      "claude-sonnet-4",
    ],
  ])("%s is normalised to %s, which has a price", (raw, name) => {
    expect(modelName(raw)).toBe(name);
    expect(perMillion(raw)).not.toBeNull();
    expect(perMillion(raw)).toEqual(perMillion(name));
  });

  test.each([
    ..."claude-opus-4-9 claude-opus-6 claude-opus-4-50 claude-opus-46-1 claude-opus claude-mock opus sonnet[1m]".split(
      " ",
    ),
    ..."kiro-claude-opus-4-9 kiro-claude-opus-4-5-lite claude-opus-41x databricks-claude-3-9-opus".split(" "),
    // Another model, or another price.
    ..."gpt-6 gpt-6-fast gpt-5-codex-mini gpt-5.3-codex-spark gpt-4o-2024-05-13 gpt-oss-120b us.openai.gpt-oss-20b".split(
      " ",
    ),
    ..."qwen3-coder:30b qwen/qwen3-coder:free qwen3-coder-480b-a35b-instruct google/gemini-2.5-pro:batch".split(" "),
    ..."deepseek-r1-distill-qwen3-max claude-opus-5:free ft:gpt-4o:acme::1 gpt-5-chat-latest".split(" "),
    ..."deepseek-v3 deepseek-v4-pro mock-model coder-model auto default <synthetic>".split(" "),
    "",
    "*",
    "-",
  ])("%p has no price", (model) => expect(prices.priceOf(model, now)).toBeNull());

  test("a version is not confused with its predecessor", () => {
    expect(perMillion("claude-opus-4")?.[0]).toBe(15);
    expect(perMillion("claude-opus-4-5")?.[0]).toBe(5);
    expect(perMillion("claude-sonnet-5")?.[4]).toBe(0.2);
    expect(perMillion("claude-sonnet-5-5")?.[4]).toBe(0.1);
  });
});

describe("names of regional endpoints", () => {
  const listPrices = perMillion("claude-opus-4-6") ?? [];
  const regionalPrices = listPrices.map((dollars) => Math.round(dollars * 1.1 * 1e6) / 1e6);

  test.each([
    ..."us eu jp apac au in ca us-gov".split(" ").map((place) => `${place}.anthropic.claude-opus-4-6-v1`),
    "anthropic.claude-opus-4-6-v1:0",
    "us.anthropic.claude-opus-4-6-v1[1m]",
    "US.Anthropic.Claude-Opus-4-6-v1",
    "bedrock/us.anthropic.claude-opus-4-6-v1",
    "bedrock/eu-west-1/anthropic.claude-opus-4-6-v1",
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-6-v1",
    "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/anthropic.claude-opus-4-6-v1:0",
    "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/claude-opus-4-6",
    "projects/p/locations/us-east5/publishers/anthropic/models/claude-opus-4-6@default",
    "projects/p/locations/eu/publishers/anthropic/models/claude-opus-4-6",
    "vertex_ai/europe-west1/claude-opus-4-6@20260205",
  ])("%s costs 1.1 times the list price", (model) => expect(perMillion(model)).toEqual(regionalPrices));

  test.each([
    "global.anthropic.claude-opus-4-6-v1",
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-opus-4-6-v1",
    "projects/p/locations/global/publishers/anthropic/models/claude-opus-4-6@default",
    "claude-opus-4-6@20260205",
    "vertex_ai/claude-opus-4-6@default",
    "anthropic/claude-opus-4-6",
    "openrouter/anthropic/claude-opus-4.6",
    "gateway.anthropic.claude-opus-4-6",
  ])("%s costs the list price", (model) => expect(perMillion(model)).toEqual(listPrices));

  test.each([
    ["us.anthropic.claude-opus-4-1-20250805-v1:0", "claude-opus-4-1"],
    ["apac.anthropic.claude-sonnet-4-20250514-v1:0", "claude-sonnet-4"],
    ["eu.anthropic.claude-3-7-sonnet-20250219-v1:0", "claude-3-7-sonnet"],
    ["anthropic.claude-3-haiku-20240307-v1:0", "claude-3-haiku"],
  ])("%s belongs to an older generation, whose regional endpoints cost the same", (model, name) =>
    expect(perMillion(model)).toEqual(perMillion(name)),
  );

  test.each([
    ["eu.anthropic.claude-sonnet-4-5-20250929-v1:0", [3.3, 16.5, 4.125, 6.6, 0.33]],
    ["jp.anthropic.claude-haiku-4-5-20251001-v1:0", [1.1, 5.5, 1.375, 2.2, 0.11]],
    ["us.anthropic.claude-haiku-5-5", [0.11, 0.55, 0.1375, 0.22, 0.011]],
    ["us.openai.gpt-6.2-astra", [8.8, 44, 11, 11, 0.44]],
    ["openai.gpt-5.4", [2.75, 16.5, 2.75, 2.75, 0.275]],
  ])("%s costs the price listed by Bedrock", (model, dollars) => expect(perMillion(model)).toEqual(dollars));

  test("a region in both name and response is charged once, and applies to long prompts and batches too", () => {
    expect(perMillion("us.anthropic.claude-opus-4-6-v1", { region: "us" })).toEqual(regionalPrices);
    expect(perMillion("us.anthropic.claude-haiku-5-5", { long: 100_000, tier: "batch" })).toEqual([
      0.275, 1.375, 0.34375, 0.55, 0.0275,
    ]);
  });
});

describe("names that are on no list", () => {
  test.each([
    ["gemini-claude-opus-4-5-thinking", "claude-opus-4-5"],
    ["antigravity-claude-opus-4-6-thinking", "claude-opus-4-6"],
    ["kiro-claude-opus-4-5-agentic", "claude-opus-4-5"],
    ["databricks-claude-sonnet-4-5", "claude-sonnet-4-5"],
    ["databricks-claude-3-7-sonnet", "claude-3-7-sonnet"],
    ["anthropic--claude-4.6-opus", "claude-opus-4-6"],
    ["anthropic--claude-3.5-sonnet", "claude-3-5-sonnet"],
    ["aicore/anthropic--claude-4.5-haiku", "claude-haiku-4-5"],
    ["claude-opus-4-6-1m", "claude-opus-4-6"],
    ["claude-sonnet-4-5-high", "claude-sonnet-4-5"],
    ["claude-opus-41", "claude-opus-4-1"],
    ["claude-opus-46-thinking", "claude-opus-4-6"],
    ["claude-37-sonnet", "claude-3-7-sonnet"],
    ["claude-sonnet-3.7", "claude-3-7-sonnet"],
    ["claude-opus-4-5-20251101-thinking", "claude-opus-4-5"],
    ["claude-sonnet-4-5-20250929-1m-thinking-high", "claude-sonnet-4-5"],
    ["claude_sonnet_4_5", "claude-sonnet-4-5"],
    ["opus-4.6", "claude-opus-4-6"],
    ["sonnet45-thinking-32k", "claude-sonnet-4-5"],
    ["claude-opus4.5", "claude-opus-4-5"],
    ["proxy,claude-opus-5", "claude-opus-5"],
    ["[kiro]claude-haiku-4-5", "claude-haiku-4-5"],
    ["team=blue|gpt-5.1", "gpt-5.1"],
    ["bedrock-claude-sonnet-4-5", "claude-sonnet-4-5"],
    ["claude-4.5-sonnet-vertex", "claude-sonnet-4-5"],
    ["bedrock:anthropic/claude-opus-5-max", "claude-opus-5"],
    ["databricks-gpt-5-1", "gpt-5.1"],
    ["databricks-gpt-5-1-codex-max", "gpt-5.1-codex-max"],
    ["copilot-gpt-5.1-codex", "gpt-5.1-codex"],
    ["vertex-gemini-3-5-flash", "gemini-3.5-flash"],
    ["my.proxy:kimi-k2.6-thinking", "kimi-k2.6"],
    ["claude-sonnet-4-5-20250929-thinking-5000", "claude-sonnet-4-5"],
    ["gemini-claude-opus-4-5-thinking(16384)", "claude-opus-4-5"],
    ["kiro-claude-opus-41-thinking-32000-1m", "claude-opus-4-1"],
    ["claude-opus-5(auto)", "claude-opus-5"],
    ["anthropic/claude-opus-4.6:beta", "claude-opus-4-6"],
  ])("%s is priced as an estimate from %s", (raw, name) => {
    expect(prices.find(raw, now)).toMatchObject({ estimatedAs: name, origin: "built-in", isFast: false });
    expect(perMillion(raw)).toEqual(perMillion(name));
  });

  test.each([
    ["claude-opus-4-6-fast", "claude-opus-4-6", { speed: "fast" }],
    ["kiro-claude-opus-5-high-fast[1m]", "claude-opus-5", { speed: "fast" }],
    ["claude-sonnet-4-5-fast", "claude-sonnet-4-5", {}],
    ["gpt-5.5-high-fast", "gpt-5.5", { tier: "priority" }],
  ])("%s is priced as %s in fast mode, if that has its own price", (raw, name, variant) => {
    expect(prices.find(raw, now)).toMatchObject({ estimatedAs: name, isFast: true });
    expect(perMillion(raw)).toEqual(perMillion(name, variant));
  });

  test("a name of a gateway in front of Bedrock gets the surcharge for its region", () => {
    const dearer = [5.5, 27.5, 6.875, 11, 0.55];
    expect(perMillion("gateway/us.anthropic.claude-opus-4-6-v1:0-thinking")).toEqual(dearer);
    for (const name of ["databricks-us.anthropic.claude-opus-4-6", "litellm_eu.anthropic.claude-opus-4-6-v1"])
      expect(perMillion(name)).toEqual(dearer);
    expect(perMillion("aws.global.anthropic.claude-opus-4-6")).toEqual(perMillion("claude-opus-4-6"));
  });

  test("very long names are rejected quickly", () => {
    for (const long of ["-".repeat(100_000), "claude-opus-5-high".repeat(10_000), `${"a-".repeat(1_000)}claude-opus-5`])
      expect(prices.find(long, now)).toBeNull();
  });

  test("an unknown number after a name prevents an estimate", () => {
    for (const name of ["claude-opus-4-5-20300", "gpt-5-16384", "claude-opus-4-6:free"])
      expect(prices.find(name, now)).toBeNull();
  });

  test("a name that is on a list is not an estimate", () => {
    for (const name of ["claude-opus-4-6", "us.anthropic.claude-opus-4-6-v1", "openai/gpt-5.5", "grok-code-fast-1"])
      expect(prices.find(name, now)?.estimatedAs).toBeNull();
  });
});
