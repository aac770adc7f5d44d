import { describe, expect, test } from "bun:test";
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ISOLATED } from "../../src/utils/paths.ts";
import { entryPath, freshHome } from "./program.ts";

const record = (minute: number): string =>
  `${JSON.stringify({ id: `usage-${minute}`, timestamp: new Date(minute * 60_000).toISOString() })}\n`;
const idsIn = (text: string): string[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { id: string }).id);

describe("pawprint logs", () => {
  test("prints rotated files in time order, skips invalid lines, and starts at --since", async () => {
    using home = freshHome();
    mkdirSync(home.logs);
    writeFileSync(join(home.logs, "usage.jsonl.000002"), record(3) + record(4));
    writeFileSync(join(home.logs, "usage.jsonl.000001"), record(1) + "\0garbage\n[]\n" + record(2));
    writeFileSync(join(home.logs, "usage.jsonl"), record(6) + record(5) + '{"id":"torn","timest');
    const env = { PET_LOG_DIR: home.logs };
    const all = await home.run("cli", ["logs"], { env });
    expect(idsIn(all.out)).toEqual([1, 2, 3, 4, 5, 6].map((minute) => `usage-${minute}`));
    const some = await home.run("cli", ["logs", "usage", "--since", "1970-01-01T00:04:00Z"], { env });
    expect(idsIn(some.out)).toEqual(["usage-4", "usage-5", "usage-6"]);
  });

  test("-f keeps printing new records, each once", async () => {
    using home = freshHome();
    mkdirSync(home.logs);
    const file = join(home.logs, "usage.jsonl");
    writeFileSync(file, record(1));
    const child = Bun.spawn([process.execPath, ...ISOLATED, entryPath("cli"), "logs", "-f"], {
      env: { ...home.env, PET_LOG_DIR: home.logs },
      stdio: ["ignore", "pipe", "ignore"],
    });
    let printed = "";
    const reading = (async () => {
      for await (const part of child.stdout) printed += new TextDecoder().decode(part);
    })();
    await home.until(() => printed.includes("usage-1"), "the first record");
    appendFileSync(file, record(2));
    await home.until(() => printed.includes("usage-2"), "the second record");
    appendFileSync(file, record(3));
    await home.until(() => printed.includes("usage-3"), "the third record");
    child.kill();
    await reading;
    expect(idsIn(printed)).toEqual(["usage-1", "usage-2", "usage-3"]);
  });

  test("reads sqlite and hybrid logs as well as jsonl", async () => {
    for (const storage of ["sqlite", "hybrid"]) {
      using home = freshHome();
      const env = { PET_USAGE_LOGGING_ENABLED: "true", PET_LOG_DIR: home.logs, PET_LOG_STORAGE_TYPE: storage };
      const captured = await home.run("cli", ["capture", "--json"], { env });
      const logs = await home.run("cli", ["logs"], { env });
      expect(captured.code).toBe(0);
      expect(logs.out).toBe(captured.out);
      expect(home.lines("usage").length).toBe(storage === "hybrid" ? 1 : 0);
    }
  });

  test("creates no directory if there is no log", async () => {
    using home = freshHome();
    const ran = await home.run("cli", ["logs"], { env: { PET_LOG_DIR: home.logs } });
    expect(ran.err).toContain(`no usage records in ${home.logs}`);
    const missing = await home.run("cli", ["logs"], {
      env: { PET_LOG_DIR: home.logs, PET_LOG_STORAGE_TYPE: "sqlite" },
    });
    expect(missing.err).toContain("no usage records");
    expect(existsSync(home.logs)).toBe(false);
  });
});
