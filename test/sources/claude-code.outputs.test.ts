import { expect, test } from "bun:test";
import { readActivity } from "../../src/sources/transcripts/activity.ts";
import type { Observation } from "../../src/model/observation.ts";

const place = { cwd: "/home/user/app", sessionId: "s", gitBranch: "main", version: "2.1.300" };
const line = (type: string, rest: object, at: number): string =>
  JSON.stringify({ ...place, uuid: `u${at}`, timestamp: new Date(at).toISOString(), type, ...rest });

const use = (id: string, name: string, input: object, at: number): string =>
  line("assistant", { message: { model: "m", content: [{ type: "tool_use", id, name, input }] } }, at);
const result = (id: string, content: unknown, output: object, at: number): string =>
  line(
    "user",
    { message: { content: [{ tool_use_id: id, type: "tool_result", content }] }, toolUseResult: output },
    at,
  );

/** A session in which every text that may be long has this many characters. */
function session(long: number): string {
  const words = `"x\\" 日本\n`.repeat(long / 8);
  const [added, removed, kept] = ["+", "-", " "].map((sign) => sign + words);
  return [
    line("user", { message: { content: words } }, 1_000),
    use("t1", "Bash", { command: `echo '${words.replaceAll("'", "")}' && git commit -m x` }, 2_000),
    result("t1", words, { stdout: words, stderr: "", durationMs: 40 }, 3_000),
    use("t2", "Edit", { old_string: words, new_string: words }, 4_000),
    result(
      "t2",
      [{ type: "text", text: words }],
      { filePath: "/a.ts", originalFile: words, structuredPatch: [{ lines: [added, added, removed, kept] }] },
      5_000,
    ),
    use("t3", "Write", { content: words }, 6_000),
    result("t3", words, { type: "create", filePath: "/b.ts", content: words, structuredPatch: [] }, 7_000),
    use("t4", "Read", {}, 8_000),
    result("t4", words, { file: { content: words }, type: "text" }, 9_000),
  ].join("\n");
}

function actionsOf(transcript: string) {
  const observed: Observation[] = [];
  const emitter = {
    memory: null,
    emit: (one: Observation) => observed.push(one),
    skip: () => expect.unreachable(),
  };
  const file = { path: "/p/s.jsonl", modifiedAt: 0, readSibling: () => null, listFolder: () => [] };
  readActivity({ ...file, bytes: Buffer.from(`${transcript}\n`), offset: 0, isOpen: false }, emitter);
  return observed.map(({ key, body }) => {
    const {
      added = 0,
      removed = 0,
      length = 0,
      ok,
      target,
      name,
    } = body as unknown as Partial<Record<string, unknown>>;
    return [key, name, { added, removed, length, ok, target }];
  });
}

test.each([16, 800, 8_000, 200_000])("lengths and line counts are exact for texts of %d characters", (long) => {
  const times = long / 8;
  const none = { added: 0, removed: 0, length: 0, ok: null, target: null };
  expect(actionsOf(session(long))).toEqual([
    ["action:prompt:u1000", "", { ...none, length: times * 8 }],
    ["action:tool:t1", "Bash", none],
    ["action:git:t1:0", "commit", { ...none, target: "" }],
    ["action:tool:t1", null, { ...none, ok: true }],
    ["action:tool:t2", "Edit", none],
    ["action:tool:t2", null, { ...none, ok: true }],
    ["action:file:t2", "update", { ...none, target: "/a.ts", added: 2, removed: 1 }],
    ["action:tool:t3", "Write", none],
    ["action:tool:t3", null, { ...none, ok: true }],
    ["action:file:t3", "create", { ...none, target: "/b.ts", added: times }],
    ["action:tool:t4", "Read", none],
    ["action:tool:t4", null, { ...none, ok: true }],
    ["session:s", undefined, { ...none, ok: undefined, target: undefined }],
  ]);
});
