import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");

/** Files below a folder whose text is ours, relative to the root; fixtures are recorded from other programs. */
const below = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name}`)
    .filter((name) => ending.test(name) && !name.startsWith("test/fixtures/"))
    .toSorted();
const source = below("src", /\.ts$/);
const tests = below("test", /\.ts$/).filter((name) => name !== "test/vocabulary.test.ts");
const documents = [
  "README.md",
  "CHANGELOG.md",
  ".env.example",
  ".github/CONTRIBUTING.md",
  ...below("src", /\.md$/),
  ...below("test", /\.md$/),
  ...below("data", /\.json$/),
  "package.json",
];
const texts = new Map(
  [...source, ...tests, ...documents].map((name) => [name, readFileSync(join(root, name), "utf8")]),
);
const textOf = (file: string): string => texts.get(file) ?? "";

/** Metaphors and words of our own, which code, comments, messages and documents do without; behind each the field's word. */
const banned: Readonly<Record<string, string>> = {
  told: "reported, given, stated: what it is",
  tell: "report, emit, print",
  tells: "reports, emits, prints",
  telling: "reporting",
  door: "entry point",
  doors: "entry points",
  house: "project",
  room: "folder, module, space",
  rooms: "folders, modules",
  floor: "layer",
  shelf: "registry",
  shelves: "registries",
  desk: "harness",
  desks: "harnesses",
  stretch: "interval",
  stretches: "intervals",
  quarter: "bucket (15 minutes)",
  quarters: "buckets",
  reckon: "estimate, compute",
  reckons: "estimates, computes",
  reckoned: "estimated, computed",
  reckoning: "usage window, estimate",
  deed: "activity",
  deeds: "activity",
  glance: "stat",
  glances: "stats",
  sighting: "reading of a limit, limit history",
  sightings: "readings of a limit, limit history",
  dearest: "most expensive",
  patience: "timeout",
  breath: "yield interval",
  accountant: "usage accounting",
  slices: "dimension sets",
};

/** Where a banned word stands for a reason: the file (a prefix ending in "/" for a folder), the word, and the reason. */
const exceptions: readonly (readonly [file: string, word: string, reason: string])[] = [
  ["test/traps/design-copies.ts", "tell", "texts of test/fixtures/traps"],
  ["test/traps/design-forks.ts", "told", "texts of test/fixtures/traps"],
  ["src/README.md", "quarter", "a quarter of an hour"],
  ["src/reports/shared/own/diagnostics.ts", "told", "a field of the JSON"],
  ["src/sources/copilot-cli/responses.ts", "told", "isTold is a field of the reader's memory in ledgers on disk"],
  ["src/ledger/sqlite/migrations/", "quarter", "names of tables and columns in ledgers of earlier versions"],
  ["test/ledger/migrations.test.ts", "quarter", "name of a table"],
  ["test/ledger/upgrade.test.ts", "quarter", "name of a table"],
  ["test/ledger/sequence.test.ts", "quarter", "names of tables and columns in ledgers of earlier versions"],
  ["src/monitoring/LogFiles.ts", "reckoning", "name of a file in log directories"],
];

/** A text without what is not ours to name: methods of the language. */
const ownWords = (text: string): string => text.replace(/\bMath\.floor\b|\.slice\b/g, "");

/** Words of a text, with names split where their parts begin. */
const wordsOf = (text: string): string[] =>
  [...ownWords(text).matchAll(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g)].map(([word]) => word.toLowerCase());

describe("the field's words", () => {
  test("no metaphor and no word of our own stands in code, comments, messages or documents", () => {
    const found = [...texts].flatMap(([file, text]) => {
      const counts = new Map<string, number>();
      for (const word of wordsOf(text)) {
        const isAllowed = exceptions.some(
          ([where, one]) => one === word && (where.endsWith("/") ? file.startsWith(where) : file === where),
        );
        if (Object.hasOwn(banned, word) && !isAllowed) counts.set(word, (counts.get(word) ?? 0) + 1);
      }
      return [...counts].map(([word, count]) => `${file}: ${word} ${count} x (${banned[word]})`);
    });
    expect(found).toEqual([]);
  });

  test("every exception is needed", () => {
    const idle = exceptions.filter(
      ([where, word]) => ![...texts].some(([file, text]) => file.startsWith(where) && wordsOf(text).includes(word)),
    );
    expect(idle).toEqual([]);
  });

  test("no type name is declared in two files of src", () => {
    const files = new Map<string, string[]>();
    for (const file of source) {
      for (const [, name = ""] of textOf(file).matchAll(/^(?:export )?(?:abstract )?(?:interface|type|class) (\w+)/gm))
        files.set(name, [...(files.get(name) ?? []), file]);
    }
    const twice = [...files]
      .filter(([, own]) => new Set(own).size > 1)
      .map(([name, own]) => `${name}: ${own.join(", ")}`);
    expect(twice).toEqual([]);
  });

  test("no exported name is one of those that the field has another word for", () => {
    const names = new Set(
      (
        "Questions Books Question Answer Accountant Accounts Settled Reckoning Used Account Tally Sum Told Note Shelf ShelfItem " +
        "Stretch Slice Parties Deeds Glance Look Scene Watch Scanned Pass Findings Asker Asked Want Trouble " +
        "ResponseSeen ActionSeen SessionSeen LimitSeen DaySeen WorktreeSeen CostStateSeen Seen Sharing " +
        "foldRest noteAll few fewOf flow wrapped lookOf hide blankSecrets learn remember conclude settle reckon quietly"
      ).split(" "),
    );
    const found = source.flatMap((file) =>
      [
        ...textOf(file).matchAll(
          /^export (?:async |abstract |declare )*(?:function\*?|const|let|class|enum|interface|type) (\w+)/gm,
        ),
      ]
        .filter(([, name = ""]) => names.has(name))
        .map(([, name]) => `${file}: ${name}`),
    );
    expect(found).toEqual([]);
  });
});
