import { expect, test } from "bun:test";
import type { Observation } from "../../src/model/observation.ts";
import { transcriptReader } from "../../src/sources/transcripts/read.ts";

const response = (id: string, output: number): string =>
  JSON.stringify({
    type: "assistant",
    message: {
      model: "claude-opus-5-5",
      id,
      type: "message",
      role: "assistant",
      content: [{ type: "text", text: "some words" }],
      stop_reason: null,
      usage: { input_tokens: 1, output_tokens: output },
    },
    timestamp: "2026-11-20T10:00:00.000Z",
    sessionId: "s1",
  });

test("a response written after a torn line is skipped, wherever the line was torn", () => {
  const [torn, next] = [response("msg_torn", 5), response("msg_next", 700)];
  for (let length = 1; length < torn.length; length++) {
    const observed: Observation[] = [];
    const reasons: string[] = [];
    const bytes = Buffer.from(`${torn.slice(0, length)}${next}\n`);
    transcriptReader.read(
      "usage",
      {
        path: "/p/s1.jsonl",
        modifiedAt: 1,
        readSibling: () => null,
        listFolder: () => [],
        bytes,
        offset: 0,
        isOpen: false,
      },
      { memory: null, emit: (one) => observed.push(one), skip: (_, reason) => reasons.push(reason) },
    );
    expect({ length, keys: observed.map(({ key }) => key), reasons }).toEqual({
      length,
      keys: [],
      reasons: ["bad_json"],
    });
  }
});
