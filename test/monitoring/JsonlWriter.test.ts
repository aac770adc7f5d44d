import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JsonlWriter } from "../../src/monitoring/JsonlWriter.ts";

let directory = "";
let path = "";
let writer: JsonlWriter;
const record = (id: number | string, text = ""): { id: string; text: string } => ({ id: `r-${id}`, text });
const ids = (): string[] => [...writer.lines(0)].map((line) => (JSON.parse(line) as { id: string }).id);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "pawprint-jsonl-"));
  path = join(directory, "usage.jsonl");
  writer = new JsonlWriter(path, { maxSize: 1_000, maxFiles: 3 });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("a log with an incomplete last line", () => {
  test("keeps every earlier line, moves the fragment to its own file and appends the next record, wherever the line was cut", () => {
    const before = ["a", "b"].map((id) => JSON.stringify(record(id))).join("\n") + "\n";
    const torn = JSON.stringify(record("torn", "日本語 with some length"));
    const bytes = new TextEncoder().encode(torn);
    for (let end = 1; end <= bytes.length; end++) {
      rmSync(path, { force: true });
      appendFileSync(path, before);
      appendFileSync(path, bytes.subarray(0, end));
      expect(writer.append(record("next"))).toBe("written");
      expect(readFileSync(path, "utf8")).toBe(`${before}${JSON.stringify(record("next"))}\n`);
      const aside = readdirSync(directory)
        .filter((name) => name.includes(".torn-"))
        .toSorted();
      expect(aside.length).toBeLessThanOrEqual(3);
      expect(readFileSync(join(directory, aside.at(-1) ?? ""))).toEqual(Buffer.from(bytes.subarray(0, end)));
    }
  });

  test("gets the next record as a complete line after NULs, CRLF, a BOM, nothing or a single fragment", () => {
    const cases: [string, string][] = [
      ["", ""],
      ["\0".repeat(5_000), ""],
      ["\ufeff", ""],
      ['{"id":"r-a"}\r\n', '{"id":"r-a"}\r\n'],
      ["fragment", ""],
    ];
    for (const [content, kept] of cases) {
      writeFileSync(path, content);
      writer.append(record("x"));
      expect(readFileSync(path, "utf8")).toBe(`${kept}${JSON.stringify(record("x"))}\n`);
    }
  });
});

describe("rotation", () => {
  test("keeps every file below the size limit, and the newest records without a gap", () => {
    // A record with a two-digit id has 82 bytes, so twelve fit into a file.
    for (let id = 0; id < 100; id++) writer.append(record(id, "x".repeat(60)));
    const files = readdirSync(directory).toSorted();
    expect(files).toEqual(["usage.jsonl", "usage.jsonl.000006", "usage.jsonl.000007", "usage.jsonl.000008"]);
    for (const file of files) expect(statSync(join(directory, file)).size).toBeLessThanOrEqual(1_000);
    const kept = ids();
    expect(kept.at(-1)).toBe("r-99");
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => `r-${100 - kept.length + index}`));
  });

  test("refuses a record that is larger than the size limit", () => {
    expect(() => writer.append(record(1, "x".repeat(1_000)))).toThrow("larger than PET_LOG_MAX_SIZE");
    expect(ids()).toEqual([]);
  });

  test("recognizes a repeated record directly after a rotation", () => {
    for (let id = 0; id < 12; id++) writer.append(record(id, "x".repeat(80)));
    const rotated = readFileSync(`${path}.000001`, "utf8").trim().split("\n");
    rmSync(path);
    const last = JSON.parse(rotated.at(-1) ?? "") as { id: string };
    expect(writer.append({ id: last.id })).toBe("known");
    expect(writer.append({ id: "r-new" })).toBe("written");
  });

  test("continues if a rotated file is not ours any more, as a backup by hard links leaves it", () => {
    writer.append(record(1));
    renameSync(path, `${path}.000001`);
    writer.append(record(2));
    linkSync(`${path}.000001`, join(directory, "backup"));
    expect(writer.append(record(3))).toBe("written");
    expect(writer.append(record(3))).toBe("known");
  });

  test("does not touch files with similar names", () => {
    for (const name of ["usage.jsonl.bak", "usage.jsonl.1x", "usage.jsonl.0000001.gz"])
      writeFileSync(join(directory, name), "keep");
    for (let id = 0; id < 100; id++) writer.append(record(id, "x".repeat(60)));
    expect(readFileSync(join(directory, "usage.jsonl.bak"), "utf8")).toBe("keep");
    expect(readFileSync(join(directory, "usage.jsonl.1x"), "utf8")).toBe("keep");
  });
});

describe("foreign files", () => {
  const planted: Readonly<Record<string, (victim: string) => void>> = {
    symlink: (victim) => symlinkSync(victim, path),
    "dangling link": () => symlinkSync(join(directory, "nowhere"), path),
    "hard link": (victim) => linkSync(victim, path),
    FIFO: () => Bun.spawnSync(["mkfifo", path]),
    directory: () => mkdirSync(path),
  };
  test.each(Object.keys(planted))("a %s in place of the log is refused, and its target is unchanged", (name) => {
    const victim = join(directory, "victim");
    writeFileSync(victim, "mine\n");
    planted[name]?.(victim);
    expect(() => writer.append(record(1))).toThrow();
    expect(readFileSync(victim, "utf8")).toBe("mine\n");
    expect(readdirSync(directory)).not.toContain("nowhere");
  });

  test("a log that others can read gets mode 0600", () => {
    writeFileSync(path, "");
    chmodSync(path, 0o666);
    writer.append(record(1));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

test("a line of another program is read whatever its id is, and has no account", () => {
  const odd: readonly unknown[] = [
    undefined,
    null,
    5,
    {},
    { toString: 1 },
    ["usage-2026-11-20T09:00:00.000Z-login-x"],
    "x".repeat(2_000),
  ];
  const lines = odd.map((id) => JSON.stringify({ id, timestamp: "2026-11-20T09:00:00.000Z" }));
  writeFileSync(path, `${lines.join("\n")}\n`, { mode: 0o600 });
  expect([...writer.read(0)].map(({ scope }) => scope)).toEqual(odd.map(() => ""));
});
