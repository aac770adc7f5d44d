import { describe, expect, test } from "bun:test";
import { modelName } from "../../src/model/price.ts";
import { now, perMillion, prices } from "./per-million.ts";

describe("names", () => {
  test.each([
    ["claude-opus-5-5", "claude-opus-5-5"],
    ["claude-opus-5-5[1m]", "claude-opus-5-5"],
    ["Claude-Opus-5-5", "claude-opus-5-5"],
    ["claude-opus-4-20250514", "claude-opus-4"],
    ["claude-opus-4@20250514", "claude-opus-4"],
    ["us.anthropic.claude-opus-4-1-20250805-v1:0", "claude-opus-4-1"],
    ["global.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"],
    ["eu.anthropic.claude-sonnet-4-5-20250929-v1:0[1m]", "claude-sonnet-4-5"],
    ["us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"],
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
    ["z-ai/glm-4.6", "glm-4.6"],
    ["MiniMax-M2.7", "minimax-m2.7"],
    [
      "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0",
      "claude-sonnet-4",
    ],
  ])("%s is %s, which has a price", (raw, name) => {
    expect(modelName(raw)).toBe(name);
    expect(perMillion(raw)).not.toBeNull();
    expect(perMillion(raw)).toEqual(perMillion(name));
  });

  test.each([
    ..."claude-opus-4-9 claude-opus-6 claude-opus-4-50 claude-opus claude-opus-5-max claude-opus-5-fast claude-mock".split(
      " ",
    ),
    // Not the same model, or not the same price.
    ..."gpt-6 gpt-5.5-fast gpt-5.5-high-fast gpt-5-codex-mini gpt-5.3-codex-spark gpt-4o-2024-05-13 gpt-oss-120b".split(
      " ",
    ),
    ..."qwen3-coder:30b qwen/qwen3-coder:free qwen3-coder-480b-a35b-instruct google/gemini-2.5-pro:batch".split(" "),
    ..."deepseek-v3 deepseek-v4-pro mock-model coder-model auto default <synthetic>".split(" "),
    "",
    "*",
  ])("%p has no price", (model) => expect(prices.priceOf(model, now)).toBeNull());

  test("a version is not its predecessor", () => {
    expect(perMillion("claude-opus-4")?.[0]).toBe(15);
    expect(perMillion("claude-opus-4-5")?.[0]).toBe(5);
    expect(perMillion("claude-sonnet-5")?.[4]).toBe(0.2);
    expect(perMillion("claude-sonnet-5-5")?.[4]).toBe(0.1);
  });
});
