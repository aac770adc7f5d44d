import { expect, test } from "bun:test";
import { modelNames, shortModel } from "../../../../src/reports/shared/usage/names.ts";

test.each([
  ["claude-opus-5-5[1m]", "opus-5-5"],
  ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "sonnet-4-5"],
  ["openrouter/anthropic/claude-sonnet-4.5", "sonnet-4-5"],
  ["claude-4.5-opus-high-thinking", "opus-4-5"],
  ["gpt-5.5", "gpt-5.5"],
  ["openai/gpt-5-2025-08-07", "gpt-5"],
  ["models/gemini-3-pro-preview", "gemini-3-pro-preview"],
  ["Qwen3-Coder-Plus", "qwen3-coder-plus"],
  ["deepseek/deepseek-v3", "deepseek-v3"],
  ["qwen/qwen3-coder:free", "qwen3-coder:free"],
  ["mock-model", "mock-model"],
  ["", "(unknown)"],
])("the model %s is shown as %s", (model, name) => expect(shortModel(model)).toBe(name));

test("a model is shown by the user's name for it, and an inference profile without one by its id", () => {
  const profile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123";
  expect(shortModel(profile)).toBe("abc123");
  expect(shortModel(profile, [["abc123", "Team Opus"]])).toBe("Team Opus");
  expect(shortModel("claude-opus-5-5", [["abc123", "Team Opus"]])).toBe("opus-5-5");
});

test("models that would share a name in a table are shown by their ids", () => {
  const models = ["us.anthropic.claude-opus-4-6-v1", "claude-opus-4-6", "claude-haiku-4-5", "claude-haiku-4-5"];
  expect([...modelNames(models)]).toEqual([
    ["us.anthropic.claude-opus-4-6-v1", "us.anthropic.claude-opus-4-6-v1"],
    ["claude-opus-4-6", "claude-opus-4-6"],
    ["claude-haiku-4-5", "haiku-4-5"],
  ]);
});
