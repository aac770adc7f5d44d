import { closeSync, openSync, readdirSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { JsonlWriter } from "../../../src/monitoring/JsonlWriter.ts";
import { type Campaign, scratch, Tally } from "./campaign.ts";
import { numberedRecord } from "./numbered.ts";

const MB = 1_048_576;
const bounds = { maxSize: 10 * MB, maxFiles: 10 };

const NUMBERS = {
  quick: { step: 7, hugeMb: 24 },
  full: { step: 1, hugeMb: 200 },
} as const;

/** Ends of a log as left by a crash, an editor or a broken disk. */
export const tail: Campaign = {
  name: "tail",
  promise: "for any end of the log, every earlier line is kept and the next record is complete",
  run(scale) {
    const tally = new Tally();
    const { step, hugeMb } = NUMBERS[scale];
    checkEveryCut(tally, step);
    checkOddEnds(tally);
    checkHugeTail(tally, hugeMb);
    return Promise.resolve(tally);
  },
};

const lineOf = (id: string, size: number): string => `${JSON.stringify(numberedRecord(id, size))}\n`;
const asideIn = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.includes(".torn-"))
    .toSorted();

/** The last of three lines, with characters of one to four bytes, cut at every byte. */
function checkEveryCut(tally: Tally, step: number): void {
  using here = scratch();
  const path = join(here.path, "usage.jsonl");
  const before = lineOf("a", 500) + lineOf("b", 700);
  const torn = new TextEncoder().encode(
    JSON.stringify({ ...numberedRecord("torn", 900), words: "é日本語🚀".repeat(20) }),
  );
  const wrong: number[] = [];
  let cuts = 0;
  for (let end = 0; end <= torn.length; end += step, cuts++) {
    const fragment = torn.subarray(0, end);
    writeFileSync(path, Buffer.concat([Buffer.from(before), fragment]), { mode: 0o600 });
    new JsonlWriter(path, bounds).append(numberedRecord("next", 100));
    const aside = asideIn(here.path).at(-1);
    const kept = end === 0 || (aside && readFileSync(join(here.path, aside)).equals(fragment));
    if (!kept || readFileSync(path, "utf8") !== before + lineOf("next", 100)) wrong.push(end);
  }
  tally.figure("cuts", cuts);
  tally.equal("cuts that lose an earlier line, the next one, or the fragment", wrong, []);
  tally.check(
    "the number of fragments moved aside stays within the number of files",
    asideIn(here.path).length <= bounds.maxFiles,
  );
}

function checkOddEnds(tally: Tally): void {
  const whole = lineOf("a", 300);
  const cases: readonly (readonly [string, string, string])[] = [
    ["an empty file", "", ""],
    ["NULs after a line", `${whole}${"\0".repeat(70_000)}`, whole],
    ["only NULs", "\0".repeat(70_000), ""],
    ["NULs and a newline", `${whole}${"\0".repeat(5_000)}\n`, `${whole}${"\0".repeat(5_000)}\n`],
    ["CRLF", whole.replace("\n", "\r\n"), whole.replace("\n", "\r\n")],
    ["a CR without newline", `${whole}{"id":"x"}\r`, whole],
    ["a BOM", `\ufeff${whole}`, `\ufeff${whole}`],
    ["only a BOM", "\ufeff", ""],
    ["blank lines", `${whole}\n\n`, `${whole}\n\n`],
    ["a lone brace", `${whole}{`, whole],
    ["half a character", `${whole}{"text":"\ud83d`, whole],
    ["a line that is not JSON", `${whole}not json\n`, `${whole}not json\n`],
  ];
  for (const [name, content, kept] of cases) {
    using here = scratch();
    const path = join(here.path, "usage.jsonl");
    writeFileSync(path, content, { mode: 0o600 });
    const writer = new JsonlWriter(path, bounds);
    const results = [writer.append(numberedRecord("next", 100)), writer.append(numberedRecord("next", 100))];
    tally.equal(`${name}: what is kept`, readFileSync(path, "utf8"), kept + lineOf("next", 100));
    tally.equal(`${name}: a retry`, results, ["written", "known"]);
    tally.check(`${name}: the lines can be read`, [...writer.lines(0)].at(-1) === lineOf("next", 100).trimEnd());
  }
}

/** Megabytes without a newline after the last line: repaired at once, with the line before kept. */
function checkHugeTail(tally: Tally, megabytes: number): void {
  using here = scratch();
  const path = join(here.path, "usage.jsonl");
  const fd = openSync(path, "w", 0o600);
  writeSync(fd, lineOf("a", 300));
  for (let written = 0; written < megabytes; written++) writeSync(fd, new Uint8Array(MB).fill(0x78));
  closeSync(fd);
  const writer = new JsonlWriter(path, bounds);
  const started = performance.now();
  writer.append(numberedRecord("next", 100));
  const ms = performance.now() - started;
  tally.figure(`ms to repair ${megabytes} MB without newline`, ms);
  tally.equal("a huge tail: what is kept", readFileSync(path, "utf8"), lineOf("a", 300) + lineOf("next", 100));
  tally.check("a huge tail: repaired within 5 s", ms < 5_000, ms);
  const aside = asideIn(here.path).map((name) => statSync(join(here.path, name)).size);
  tally.check(
    "a huge tail: the fragment moved aside stays within the limit",
    aside.every((size) => size <= bounds.maxSize),
  );
}
