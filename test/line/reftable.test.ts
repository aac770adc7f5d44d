import { afterAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { readBranch } from "../../src/line/branch.ts";
import { headIn, headInReftables } from "../../src/line/reftable.ts";
import { type RefValue, tableOf } from "./reftable-encoder.ts";

const fixtures = join(import.meta.dir, "../fixtures/reftable");
const home = mkdtempSync(join(tmpdir(), "pawprint-reftable-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const ID = "517b885c0f498c15b16c5799d2e75b8a710ed5b0";
const on = (branch: string): RefValue => ({ to: `refs/heads/${branch}` });
const text = (branch: string) => ({ text: `ref: refs/heads/${branch}` });

let made = 0;
/** Creates a git directory with these reftables, oldest first. */
function directoryWith(tables: readonly (Uint8Array | null)[], list?: string): string {
  const directory = join(home, `repository-${made++}`, ".git");
  mkdirSync(join(directory, "reftable"), { recursive: true });
  writeFileSync(join(directory, "HEAD"), "ref: refs/heads/.invalid\n");
  const names = tables.map((_, index) => `0x${index + 1}-0x${index + 1}-${index}.ref`);
  tables.forEach((table, index) => table && writeFileSync(join(directory, "reftable", names[index] ?? ""), table));
  writeFileSync(join(directory, "reftable/tables.list"), list ?? names.map((name) => `${name}\n`).join(""));
  return directory;
}

describe("reftables written by git 2.47", () => {
  test.each([
    ["branch", { name: "fix/größe", detached: false }],
    ["worktree", { name: "feature/x", detached: false }],
    ["detached", { name: "517b885", detached: true }],
    ["sha256", { name: "b36b0c4", detached: true }],
  ])("the branch is read from the fixture %s", async (name, branch) => {
    const top = join(home, name);
    mkdirSync(join(top, ".git"), { recursive: true });
    writeFileSync(join(top, ".git/HEAD"), "ref: refs/heads/.invalid\n");
    cpSync(join(fixtures, name), join(top, ".git/reftable"), { recursive: true });
    expect(await readBranch(top)).toEqual(branch);
    expect(await readBranch(join(top, "src/deep"))).toEqual(branch);
  });

  test("a linked worktree is read from its own tables", async () => {
    const main = join(home, "main/.git");
    const linked = join(main, "worktrees/tree");
    mkdirSync(linked, { recursive: true });
    for (const directory of [main, linked]) writeFileSync(join(directory, "HEAD"), "ref: refs/heads/.invalid\n");
    cpSync(join(fixtures, "branch"), join(main, "reftable"), { recursive: true });
    cpSync(join(fixtures, "worktree"), join(linked, "reftable"), { recursive: true });
    mkdirSync(join(home, "tree"));
    writeFileSync(join(home, "tree/.git"), `gitdir: ${linked}\n`);
    expect(await readBranch(join(home, "tree"))).toEqual({ name: "feature/x", detached: false });
    expect(await readBranch(join(home, "main"))).toEqual({ name: "fix/größe", detached: false });
  });

  test("cut anywhere or with any byte changed, they are parsed without throwing or hanging", () => {
    for (const name of readdirSync(fixtures, { recursive: true, encoding: "utf8" }).filter((one) =>
      one.endsWith(".ref"),
    )) {
      const whole = new Uint8Array(readFileSync(join(fixtures, name)));
      for (let at = 0; at < whole.length; at++) {
        headIn(whole.subarray(0, at));
        for (const byte of [0, 1, 0x7f, 0x80, 0xff]) headIn(whole.with(at, byte));
      }
    }
  });
});

describe("a table", () => {
  test("returns its HEAD, with any references and in any form", () => {
    const name = fc.oneof(
      fc.constantFrom(
        "AUTO_MERGE",
        "CHERRY_PICK_HEAD",
        "HEAD1",
        "HEA",
        "ORIG_HEAD",
        "refs/heads/HEAD",
        "refs/heads/größe",
      ),
      fc.string({ minLength: 1, maxLength: 40 }).map((part) => `refs/heads/${part}`),
    );
    const value: fc.Arbitrary<RefValue> = fc.constantFrom<RefValue>(null, on("other"), { id: ID }, { tag: ID, id: ID });
    const form = fc.record({
      blockSize: fc.constantFrom(0, 512, 4_096),
      version: fc.constantFrom(1 as const, 2 as const),
      restartEvery: fc.constantFrom(1, 2, 16),
    });
    fc.assert(
      fc.property(
        fc.dictionary(name, value, { maxKeys: 60 }),
        fc.option(value, { nil: undefined }),
        form,
        (refs, head, options) => {
          const all = head === undefined ? refs : { ...refs, HEAD: head };
          const found = headIn(tableOf(all, options));
          if (head === undefined) expect(found).toBe("none");
          else if (head === null) expect(found).toBe("deleted");
          else if ("to" in head) expect(found).toEqual(text("other"));
          else expect(found).toEqual({ text: ID });
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test.each([0, 512])("returns HEAD from a later block if many names sort before it (block size %d)", (blockSize) => {
    const before = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`A_${index}`, { id: ID }]));
    expect(headIn(tableOf({ ...before, HEAD: on("late") }, { blockSize, fill: 80 }))).toEqual(text("late"));
  });

  test("with random bytes after a valid header is parsed without throwing or hanging", () => {
    const header = tableOf({ HEAD: on("x") }).subarray(0, 24);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, isBlock) => {
        headIn(Uint8Array.from([...header, ...(isBlock ? [0x72, 0, 1, 0] : []), ...bytes]));
      }),
      { numRuns: 2_000 },
    );
  });

  test("with a name before HEAD that is longer than any valid one is unreadable, since each record may repeat it", () => {
    const before = (length: number): Uint8Array => tableOf({ ["A".repeat(length)]: { id: ID }, HEAD: on("x") });
    expect([headIn(before(255)), headIn(before(256))]).toEqual([text("x"), "unreadable"]);
  });
});

describe("a stack of tables", () => {
  const [old, main] = [on("old"), on("main")].map((head) => tableOf({ HEAD: head, "refs/heads/main": { id: ID } }));
  const without = tableOf({ "refs/heads/other": { id: ID } });
  const headOf = (tables: readonly (Uint8Array | null)[], list?: string): Promise<string | null> =>
    headInReftables(directoryWith(tables, list));

  test("is read from the newest table to the oldest", async () => {
    expect(await headOf([old ?? null, main ?? null])).toBe("ref: refs/heads/main");
    expect(await headOf([main ?? null, without, tableOf({})])).toBe("ref: refs/heads/main");
    expect(await headOf([main ?? null, tableOf({ HEAD: null })])).toBeNull();
    expect(await headOf([without])).toBeNull();
  });

  test("has no HEAD if a newer table is damaged or missing, instead of the HEAD of an older table", async () => {
    expect(await headOf([old ?? null, new Uint8Array(100)])).toBeNull();
    expect(await headOf([old ?? null, null])).toBeNull();
  });

  test("has no HEAD if its list is missing, empty, endless, too long or points elsewhere", async () => {
    const outside = directoryWith([main ?? null]);
    for (const list of ["", "\n\n", "../other.ref\n", "/etc/passwd\n", "a b\n", "x.ref\n".repeat(65)])
      expect(await headOf([main ?? null], list)).toBeNull();
    rmSync(join(outside, "reftable/tables.list"));
    expect(await headInReftables(outside)).toBeNull();
    symlinkSync("/dev/zero", join(outside, "reftable/tables.list"));
    expect(await headInReftables(outside)).toBeNull();
  });
});
