import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

const root = join(import.meta.dir, "..");
const src = join(root, "src");

/** Who may import whom: a room and the rooms it may reach besides itself. Doors may reach all. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  model: [],
  utils: [],
  segments: ["model", "utils"],
  diagnostics: ["model", "utils"],
  line: ["model", "utils", "segments"],
  monitoring: ["model", "utils", "diagnostics"],
  sinks: ["model", "utils", "monitoring"],
  sources: ["model", "utils"],
  tables: ["model", "utils"],
  ledger: ["model", "utils"],
  asking: ["model", "utils", "ledger", "tables"],
  importing: ["model", "utils"],
  verifying: ["model", "utils"],
  collector: ["model", "utils", "ledger", "sources"],
  accounts: ["model", "utils", "ledger", "sources", "collector", "asking", "monitoring"],
  reports: ["model", "utils", "ledger", "tables", "asking"],
  setup: ["model", "utils", "segments", "diagnostics", "sources", "line", "monitoring", "sinks"],
};
const doors = new Set(["commands", "statusline.ts", "cli.ts", "command-line.ts", "report-command.ts"]);
const shelves = ["segments", "diagnostics", "sources", "sinks", "reports", "commands"];
const utils = [
  "clock",
  "config",
  "errors",
  "files",
  "json",
  "lock",
  "log",
  "ownership",
  "paths",
  "settings",
  "shelf",
  "small-files",
  "tail",
  "terminal",
];

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .toSorted();
const textOf = (file: string): string => readFileSync(join(src, file), "utf8");
const roomOf = (file: string): string => file.split("/")[0] ?? "";

/** Paths relative to src/ that a file imports, at once or later. */
function importsOf(file: string): string[] {
  const found = textOf(file).matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return [...found].map((match) => relative(src, normalize(join(src, dirname(file), match[1] ?? ""))));
}

const inSrc = (file: string): string[] => importsOf(file).filter((path) => !path.startsWith(".."));

/** "sources/claude-code" of sources/claude-code.ts and of all that lies in sources/claude-code/. */
const itemOf = (file: string): string => file.replace(/\.ts$/, "").split("/").slice(0, 2).join("/");

describe("the house", () => {
  test("imports go down only", () => {
    const wrong = files
      .filter((file) => !doors.has(roomOf(file)))
      .flatMap((file) => inSrc(file).map((path) => ({ file, path, from: roomOf(file), to: roomOf(path) })))
      .filter(({ from, to }) => from !== to && !(mayImport[from] ?? []).includes(to));
    expect(wrong).toEqual([]);
  });

  test("every room is in the table", () => {
    const rooms = [...new Set(files.map(roomOf))].filter((room) => !doors.has(room));
    expect(rooms.toSorted()).toEqual(Object.keys(mayImport).toSorted());
  });

  test("items of a shelf never import each other", () => {
    // A folder that no item has the name of is of several items, as the contract is of all.
    const isShared = (path: string): boolean => path.split("/").length > 2 && !files.includes(`${itemOf(path)}.ts`);
    const wrong = files
      .filter((file) => shelves.includes(roomOf(file)) && !file.endsWith("/all.ts"))
      .flatMap((file) => inSrc(file).map((path) => ({ file, path })))
      .filter(({ file, path }) => roomOf(file) === roomOf(path) && !path.endsWith("/contract.ts"))
      // An item that is too large for one file has a folder of its own name beside it.
      .filter(({ file, path }) => itemOf(file) !== itemOf(path) && !isShared(path));
    expect(wrong).toEqual([]);
    const shared = new Set(files.filter((file) => shelves.includes(roomOf(file)) && isShared(file)).map(itemOf));
    for (const folder of shared) {
      const users = files.filter(
        (file) => itemOf(file) !== folder && inSrc(file).some((path) => itemOf(path) === folder),
      );
      expect({ folder, isOfSeveral: users.length > 1 }).toEqual({ folder, isOfSeveral: true });
    }
  });

  test("no import cycle", () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, trail: readonly string[]): void => {
      if (trail.includes(file)) cycles.push([...trail.slice(trail.indexOf(file)), file].join(" -> "));
      else if (!done.has(file)) {
        for (const path of importsAtOnce(file)) visit(path, [...trail, file]);
        done.add(file);
      }
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  test("the environment and the clock are read in one place each", () => {
    const reads = (pattern: RegExp): string[] => files.filter((file) => pattern.test(textOf(file)));
    expect(reads(/\bprocess\.env\b|\bBun\.env\b/)).toEqual(["utils/config.ts"]);
    expect(reads(/\bDate\.now\(|\bnew Date\(\)/)).toEqual(["utils/clock.ts"]);
  });

  test("commands print JSON through jsonText, so that it holds nothing a terminal takes for a command", () => {
    const raw = files.filter((file) => /(?:print|say)\(\s*JSON\.stringify/.test(textOf(file)));
    expect(raw).toEqual([]);
  });

  test("no file is over 300 lines", () => {
    const tests = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(root, "test", name));
    const long = [...files.map((file) => join(src, file)), ...tests]
      .map((path) => ({ path: relative(root, path), lines: readFileSync(path, "utf8").split("\n").length - 1 }))
      .filter(({ lines }) => lines > 300);
    expect(long).toEqual([]);
  });

  test("utils is a closed list", () => {
    expect(files.filter((file) => roomOf(file) === "utils")).toEqual(utils.map((name) => `utils/${name}.ts`));
  });

  test.each(shelves)("every item of %s is on its all.ts, under its file's name", async (shelf) => {
    const items = readdirSync(join(src, shelf))
      .filter((name) => name.endsWith(".ts") && !["all.ts", "contract.ts"].includes(name))
      .map((name) => name.replace(/\.ts$/, ""));
    const all: Record<string, unknown> = await import(join(src, shelf, "all.ts"));
    const list = all[shelf] as readonly { name: string; meaning: string }[];
    expect(list.map(({ name }) => name).toSorted()).toEqual(items.toSorted());
    for (const item of items) {
      const camel = item.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
      const exported = (await import(join(src, shelf, `${item}.ts`))) as Record<string, unknown>;
      expect(exported[camel]).toBe(list.find(({ name }) => name === item));
    }
  });

  test("every export says what it is for", () => {
    const bare = files.flatMap((file) => {
      const lines = textOf(file).split("\n");
      return lines.flatMap((line, index) => {
        const exported = /^export (?:async )?(?:function\*?|const|class|interface|type) (\w+)/.exec(line);
        return exported && !/(\*\/|^\/\/.*)$/.test(lines[index - 1] ?? "") ? [`${file}: ${exported[1]}`] : [];
      });
    });
    expect(bare).toEqual([]);
  });

  test("only what tools demand stands at the top", () => {
    const allowed =
      /^(package\.json|bun\.lock|bunfig\.toml|tsconfig\.json|src|data|test|README\.md|CHANGELOG\.md|LICENSE|\.env\.example|\.gitignore|\.oxlintrc\.json|knip\.json|\.ci|\.github|\.git|\.cache|\.env|dist|node_modules)$/;
    expect(readdirSync(root).filter((name) => !allowed.test(name))).toEqual([]);
    expect(statSync(join(root, ".ci/run")).mode & 0o111).not.toBe(0);
  });
});

/** The imports that are evaluated with the file: no import() and no type imports. */
function importsAtOnce(file: string): string[] {
  const found = textOf(file).matchAll(/^(?:import|export)(?! type)[^;]*?from "(\.[^"]+)"/gm);
  return [...found]
    .map((match) => relative(src, normalize(join(src, dirname(file), match[1] ?? ""))))
    .filter((path) => path.endsWith(".ts") && !path.startsWith(".."));
}
