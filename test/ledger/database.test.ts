import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ledger } from "../../src/ledger/Ledger.ts";

const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

test("a ledger is for its owner alone, and leaves the folder that it is put into as it is", () => {
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
