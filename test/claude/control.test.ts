import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { answerIn, Answers } from "../../src/claude/control.ts";

const lines = async (name: string): Promise<string[]> =>
  (await Bun.file(new URL(`../fixtures/control/${name}.raw.jsonl`, import.meta.url)).text()).trim().split("\n");

describe("answerIn with recorded output of 2.1.328", () => {
  test.each(["oauth-seed", "key-usage-status-only", "noauth"])(
    "answerIn finds exactly the two answers in %s",
    async (name) => {
      const found = (await lines(name)).map(answerIn).filter((one) => one !== null);
      expect(found.map(({ to }) => to)).toEqual(["r0", "r1"]);
      expect(found[0]?.answer).toHaveProperty("value.rate_limits");
      expect(found[1]?.answer).toHaveProperty("value.sections");
    },
  );

  test("answerIn returns the error for a request that the program does not know", async () => {
    expect((await lines("unk")).map(answerIn)).toEqual([
      null,
      { to: "r0", answer: { error: "Unsupported control request subtype: no_such_thing" } },
    ]);
  });
});

test("answerIn accepts any line without throwing", () => {
  fc.assert(fc.property(fc.json(), (json) => void answerIn(`{"type":"control_response","response":${json}}`)));
  for (const line of [
    "",
    "control_response",
    "null",
    '"control_response"',
    '{"type":"control_response"}',
    '[{"type":"control_response"}]',
  ])
    expect(answerIn(line)).toBeNull();
});

test("Answers is complete once every request has an answer, and keeps the first of each", () => {
  const answers = new Answers(["get_usage", "get_status"]);
  const success = (request_id: string, response: unknown): string =>
    JSON.stringify({ type: "control_response", response: { subtype: "success", request_id, response } });
  expect(answers.add("noise")).toBe(false);
  expect(answers.add(success("get_usage", { n: 1 }))).toBe(false);
  expect(answers.add(success("get_usage", { n: 2 }))).toBe(false);
  expect(answers.add(success("get_status", null))).toBe(true);
  expect(answers.answerTo("get_usage")).toEqual({ value: { n: 1 } });
  expect(answers.answerTo("get_status")).toEqual({ error: "an answer without content" });
});
