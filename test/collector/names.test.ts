import { expect, test } from "bun:test";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Desk, responseLine, text } from "../ledger/home.ts";

/** A path in Latin-1, as old systems wrote names. */
const latin1 = (path: string): Buffer => Buffer.from(path, "latin1");

// Not every system keeps such names.
test.skipIf(process.platform !== "linux")(
  "what has a name that is no UTF-8 is said to be unreadable, and its neighbours are counted",
  async () => {
    using desk = new Desk();
    desk.write("-work/plain.jsonl", text(responseLine("a")));
    desk.write("-work/sign \ufffd.jsonl", text(responseLine("b")));
    writeFileSync(latin1(`${desk.projects}/-work/caf\xe9.jsonl`), text(responseLine("c")));
    writeFileSync(latin1(`${desk.projects}/-work/caf\xe9.txt`), "none of ours");
    mkdirSync(latin1(`${desk.projects}/-caf\xe9`));
    writeFileSync(latin1(`${desk.projects}/-caf\xe9/s.jsonl`), text(responseLine("d")));
    const unreadable = ["-caf\ufffd", "-work/caf\ufffd.jsonl"].map((name) => join(desk.projects, name));
    expect((await desk.scan()).unreadable.toSorted()).toEqual(unreadable);
    expect(desk.responses).toBe(2);
    expect((await desk.scan()).unreadable).toHaveLength(2);
    renameSync(latin1(`${desk.projects}/-work/caf\xe9.jsonl`), join(desk.projects, "-work/café.jsonl"));
    expect((await desk.scan()).unreadable).toHaveLength(1);
    expect(desk.responses).toBe(3);
  },
);

test("a pipe in the place of a file is said to be unreadable, and its neighbours are counted", async () => {
  using desk = new Desk();
  desk.write("-work/plain.jsonl", text(responseLine("a")));
  const pipe = join(desk.projects, "-work/pipe.jsonl");
  expect(Bun.spawnSync(["mkfifo", pipe, join(desk.projects, "-work/pipe.txt")]).exitCode).toBe(0);
  expect((await desk.scan()).unreadable).toEqual([pipe]);
  expect(desk.responses).toBe(1);
});
