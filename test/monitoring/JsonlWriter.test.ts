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

describe("a torn tail", () => {
  test("cut at every byte: every earlier line kept, the fragment kept aside, the next record whole", () => {
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

  test("NULs, CRLF, a BOM, an empty file, a file of one fragment", () => {
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
  test("no file over the limit, the newest kept, nothing lost between", () => {
    // A record with two digits is 82 bytes long, so twelve fit into a file.
    for (let id = 0; id < 100; id++) writer.append(record(id, "x".repeat(60)));
    const files = readdirSync(directory).toSorted();
    expect(files).toEqual(["usage.jsonl", "usage.jsonl.000006", "usage.jsonl.000007", "usage.jsonl.000008"]);
    for (const file of files) expect(statSync(join(directory, file)).size).toBeLessThanOrEqual(1_000);
    const kept = ids();
    expect(kept.at(-1)).toBe("r-99");
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => `r-${100 - kept.length + index}`));
  });

  test("a record that no file can hold is refused", () => {
    expect(() => writer.append(record(1, "x".repeat(1_000)))).toThrow("larger than PET_LOG_MAX_SIZE");
    expect(ids()).toEqual([]);
  });

  test("a retry right behind a rotation is known", () => {
    for (let id = 0; id < 12; id++) writer.append(record(id, "x".repeat(80)));
    const rotated = readFileSync(`${path}.000001`, "utf8").trim().split("\n");
    rmSync(path);
    const last = JSON.parse(rotated.at(-1) ?? "") as { id: string };
    expect(writer.append({ id: last.id })).toBe("known");
    expect(writer.append({ id: "r-new" })).toBe("written");
  });

  test("a rotated file that is not ours any more, as a backup by hard links leaves it, does not stop the log", () => {
    writer.append(record(1));
    renameSync(path, `${path}.000001`);
    writer.append(record(2));
    linkSync(`${path}.000001`, join(directory, "backup"));
    expect(writer.append(record(3))).toBe("written");
    expect(writer.append(record(3))).toBe("known");
  });

  test("names that only look like ours are left alone", () => {
    for (const name of ["usage.jsonl.bak", "usage.jsonl.1x", "usage.jsonl.0000001.gz"])
      writeFileSync(join(directory, name), "keep");
    for (let id = 0; id < 100; id++) writer.append(record(id, "x".repeat(60)));
    expect(readFileSync(join(directory, "usage.jsonl.bak"), "utf8")).toBe("keep");
    expect(readFileSync(join(directory, "usage.jsonl.1x"), "utf8")).toBe("keep");
  });
});

describe("files that are not ours", () => {
  const plants: Readonly<Record<string, (victim: string) => void>> = {
    symlink: (victim) => symlinkSync(victim, path),
    "dangling link": () => symlinkSync(join(directory, "nowhere"), path),
    "hard link": (victim) => linkSync(victim, path),
    FIFO: () => Bun.spawnSync(["mkfifo", path]),
    directory: () => mkdirSync(path),
  };
  test.each(Object.keys(plants))("a planted %s is refused, its target byte-identical", (name) => {
    const victim = join(directory, "victim");
    writeFileSync(victim, "mine\n");
    plants[name]?.(victim);
    expect(() => writer.append(record(1))).toThrow();
    expect(readFileSync(victim, "utf8")).toBe("mine\n");
    expect(readdirSync(directory)).not.toContain("nowhere");
  });

  test("a wide file is tightened", () => {
    writeFileSync(path, "");
    chmodSync(path, 0o666);
    writer.append(record(1));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});
