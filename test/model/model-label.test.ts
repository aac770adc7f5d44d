import { describe, expect, test } from "bun:test";
import { givenName, modelLabel } from "../../src/model/model-label.ts";

describe("the label of a model", () => {
  test.each([
    ["arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123", "abc123"],
    ["arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123[1m]", "abc123"],
    ["arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:application-inference-profile/x1y2", "x1y2"],
    ["arn:aws-cn:bedrock:cn-north-1:123456789012:provisioned-model/my-own", "my-own"],
    [
      "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0",
      "claude-sonnet-4",
    ],
    ["arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet"],
    ["arn:aws:sagemaker:us-east-1:123456789012:endpoint/tuned", "tuned"],
    ["us.anthropic.claude-opus-4-1-20250805-v1:0", "claude-opus-4-1"],
    ["global.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"],
    ["anthropic.claude-3-haiku-20240307-v1:0:200k", "claude-3-haiku"],
    ["claude-opus-4-1@20250805", "claude-opus-4-1"],
    ["claude-sonnet-4-5@20250929[1m]", "claude-sonnet-4-5"],
    ["publishers/anthropic/models/claude-haiku-4-5@20251001", "claude-haiku-4-5"],
    ["projects/p-1/locations/us-east5/publishers/anthropic/models/claude-haiku-4-5", "claude-haiku-4-5"],
    ["us.amazon.nova-pro-v1:0", "us.amazon.nova-pro-v1:0"],
    ["claude-opus-5-5", "claude-opus-5-5"],
    ["Opus 5.5", "Opus 5.5"],
    ["qwen/qwen3-coder:free", "qwen/qwen3-coder:free"],
    ["arn:", "arn:"],
    ["", ""],
  ])("the label of %s is %s", (model, label) => expect(modelLabel(model)).toBe(label));

  test("labels of long nonsense take linear time", () => {
    for (const part of ["arn:", "a.", "/", "-v1:0", "@20250805", "projects/", " "]) modelLabel(part.repeat(200_000));
  });
});

test("a name given by the user applies to the id and to the last part of an ARN, ignoring case and the long-context suffix", () => {
  const names = [
    ["ABC123", "Team Opus"],
    ["claude-opus-5-5", "Big"],
  ] as const;
  expect(givenName("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123[1m]", names)).toBe("Team Opus");
  expect(givenName("abc123", names)).toBe("Team Opus");
  expect(givenName("claude-opus-5-5[1m]", names)).toBe("Big");
  expect(givenName("claude-opus-5", names)).toBeNull();
  expect(givenName("arn:aws:bedrock:us-east-1:1:application-inference-profile/xabc123", names)).toBeNull();
  const byPath = [["application-inference-profile/abc123", "Team Opus"]] as const;
  expect(givenName("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123", byPath)).toBe("Team Opus");
});
