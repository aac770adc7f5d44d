import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { LogRecord } from "../../src/model/record.ts";
import { SqliteWriter } from "../../src/monitoring/SqliteWriter.ts";
import { tryLock } from "../../src/utils/lock.ts";

const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

test("a ledger is readable by its owner only, and does not change the mode of an existing folder", () => {
  const root = mkdtempSync(join(tmpdir(), "pawprint-ledger-"));
  try {
    const shared = join(root, "shared");
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    for (const path of [join(shared, "ledger.db"), join(root, "made/for/it/ledger.db")]) {
      using ledger = new Ledger(path, () => "here");
      expect(ledger.machine).not.toBe("");
      expect(modeOf(path)).toBe("600");
      for (const beside of [`${path}-wal`, `${path}-shm`]) if (existsSync(beside)) expect(modeOf(beside)).toBe("600");
    }
    expect(modeOf(shared)).toBe("1777");
    expect(modeOf(join(root, "made/for/it"))).toBe("700");
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

/** Everything that we write with SQLite, by how it is opened. */
const databases: Readonly<Record<string, (path: string) => void>> = {
  "the ledger": (path) => new Ledger(path, () => "here")[Symbol.dispose](),
  "the log's database": (path) => void new SqliteWriter(path).append("usage", { id: "one" } as LogRecord),
  "a lock": (path) => tryLock(path)?.release(),
};

describe.each(Object.entries(databases))("%s", (_, open) => {
  const links: Readonly<Record<string, (victim: string, path: string) => void>> = {
    "a hard link": linkSync,
    "a symbolic link": symlinkSync,
    "a link to nothing": (victim, path) => symlinkSync(`${victim}-missing`, path),
    "a folder": (_victim, path) => mkdirSync(path),
  };
  const cases = ["", "-wal", "-shm", "-journal"].flatMap((end) =>
    Object.entries(links).map(([what, plant]) => [what, end, plant] as const),
  );
  test.each(cases)(
    "is refused if there is %s at its name%s, and the target of the link stays unchanged",
    (_what, end, plant) => {
      const root = mkdtempSync(join(tmpdir(), "pawprint-planted-"));
      try {
        const victim = join(root, "victim");
        writeFileSync(victim, "victim content");
        const path = join(root, "pets", "own.db");
        mkdirSync(join(root, "pets"));
        plant(victim, path + end);
        expect(() => open(path)).toThrow(`own.db${end} `);
        expect(readFileSync(victim, "utf8")).toBe("victim content");
        expect(readdirSync(root).toSorted()).toEqual(["pets", "victim"]);
        expect(readdirSync(join(root, "pets"))).toEqual([`own.db${end}`]);
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    },
  );
});
