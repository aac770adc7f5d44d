import { expect, test } from "bun:test";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Harness, responseLine, text } from "../ledger/home.ts";

/** A path in Latin-1, as old systems encoded names. */
const latin1 = (path: string): Buffer => Buffer.from(path, "latin1");

// Not every system allows such names.
test.skipIf(process.platform !== "linux")(
  "files and folders with names that are not valid UTF-8 are reported as unreadable, and their neighbours are counted",
  async () => {
    using harness = new Harness();
    harness.write("-work/plain.jsonl", text(responseLine("a")));
    harness.write("-work/sign \ufffd.jsonl", text(responseLine("b")));
    writeFileSync(latin1(`${harness.projects}/-work/caf\xe9.jsonl`), text(responseLine("c")));
    writeFileSync(latin1(`${harness.projects}/-work/caf\xe9.txt`), "none of ours");
    mkdirSync(latin1(`${harness.projects}/-caf\xe9`));
    writeFileSync(latin1(`${harness.projects}/-caf\xe9/s.jsonl`), text(responseLine("d")));
    const unreadable = ["-caf\ufffd", "-work/caf\ufffd.jsonl"].map((name) => join(harness.projects, name));
    expect((await harness.scan()).unreadable.toSorted()).toEqual(unreadable);
    expect(harness.responses).toBe(2);
    expect((await harness.scan()).unreadable).toHaveLength(2);
    renameSync(latin1(`${harness.projects}/-work/caf\xe9.jsonl`), join(harness.projects, "-work/café.jsonl"));
    expect((await harness.scan()).unreadable).toHaveLength(1);
    expect(harness.responses).toBe(3);
  },
);

test("a pipe in place of a file is reported as unreadable, and its neighbours are counted", async () => {
  using harness = new Harness();
  harness.write("-work/plain.jsonl", text(responseLine("a")));
  const pipe = join(harness.projects, "-work/pipe.jsonl");
  expect(Bun.spawnSync(["mkfifo", pipe, join(harness.projects, "-work/pipe.txt")]).exitCode).toBe(0);
  expect((await harness.scan()).unreadable).toEqual([pipe]);
  expect(harness.responses).toBe(1);
});
