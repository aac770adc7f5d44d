import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

const root = join(import.meta.dir, "..");
const src = join(root, "src");

/** Who may import whom: a folder of src and the folders, or single files, that it may import besides itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  model: ["utils/json.ts", "utils/errors.ts"],
  utils: [],
  shell: [],
  claude: ["model", "utils"],
  sources: ["model", "utils", "shell"],
  segments: ["model", "utils"],
  diagnostics: ["model", "utils", "claude"],
  render: ["model", "utils"],
  line: ["model", "utils", "segments"],
  ledger: ["model", "utils"],
  collector: ["model", "utils", "ledger", "sources"],
  pricing: ["model", "utils", "ledger"],
  reports: ["model", "utils", "render", "ledger", "pricing"],
  monitoring: ["model", "utils", "claude", "diagnostics", "sources", "collector", "ledger", "pricing"],
  install: ["model", "utils", "line", "claude", "monitoring"],
  packages: ["utils", "install"],
  verify: ["model", "utils"],
  sync: ["model", "utils", "ledger", "collector", "sources"],
  hub: ["model", "utils", "ledger", "pricing", "reports", "render", "sync", "sources", "import"],
  import: ["model", "utils"],
  // Of reports the types of their answers only.
  dashboard: ["model", "utils", "render", "reports"],
};
/** Entry points, their helpers and the commands may import everything. */
const unrestricted = new Set(["commands", "cli", "statusline.ts", "cli.ts"]);
/** Folders with a registry.ts, and what its list is called. */
const registries: Readonly<Record<string, string>> = {
  segments: "segments",
  diagnostics: "diagnostics",
  sources: "sources",
  "monitoring/sinks": "sinks",
  reports: "reports",
  commands: "commands",
  "hub/routes": "routes",
  "dashboard/pages": "pages",
};
const utils =
  "clock config-values config declarations errors files json lock log ownership paths registry small-files tail terminal".split(
    " ",
  );

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name))
  .toSorted();
const texts = new Map(files.map((file) => [file, readFileSync(join(src, file), "utf8")]));
const textOf = (file: string): string => texts.get(file) ?? "";
const folderOf = (file: string): string => file.split("/")[0] ?? "";

/** Files of src, relative to it, that a file imports by a pattern whose first group is the path. */
function imported(file: string, pattern: RegExp): string[] {
  return [...textOf(file).matchAll(pattern)]
    .map(([, path = ""]) => relative(src, normalize(join(src, dirname(file), path))))
    .filter((path) => /\.tsx?$/.test(path) && !path.startsWith(".."));
}
/** All imports, import() included. */
const importsOf = (file: string): string[] => imported(file, /(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
/** Imports of values and of types; import() is left out, since it runs later. */
const staticImportsOf = (file: string): string[] => imported(file, /^(?:import|export)[^;]*?from "(\.[^"]+)"/gm);

/** The registry's folder in which a file lies, or null. */
const registryOf = (file: string): string | null =>
  Object.keys(registries).find((folder) => file.startsWith(`${folder}/`)) ?? null;
/** "sources/claude-code" of sources/claude-code.ts and of every file in sources/claude-code/. */
const itemOf = (file: string): string => {
  const depth = (registryOf(file)?.split("/").length ?? 0) + 1;
  return file
    .replace(/\.tsx?$/, "")
    .split("/")
    .slice(0, depth)
    .join("/");
};

describe("the structure of src", () => {
  test("imports go down only", () => {
    const wrong = files
      .filter((file) => !unrestricted.has(folderOf(file)))
      .flatMap((file) => importsOf(file).map((path) => ({ file, path, from: folderOf(file), to: folderOf(path) })))
      .filter(({ path, from, to }) => from !== to && ![to, path].some((one) => mayImport[from]?.includes(one)));
    expect(wrong).toEqual([]);
  });

  test("only what opens a ledger imports the engine; reports know its interface", () => {
    const openers = new Set(["ledger", "collector", "monitoring", "commands", "cli", "sync", "hub"]);
    const wrong = files
      .filter((file) => !openers.has(folderOf(file)))
      .flatMap((file) => importsOf(file).map((path) => `${file} imports ${path}`))
      .filter((found) => found.includes(" ledger/sqlite/"));
    expect(wrong).toEqual([]);
  });

  test("every folder of src is in the table of imports", () => {
    const folders = [...new Set(files.map(folderOf))].filter((folder) => !unrestricted.has(folder));
    expect(folders.toSorted()).toEqual(Object.keys(mayImport).toSorted());
  });

  test("items of a registry never import each other", () => {
    // A folder without an item of its name is shared by several items.
    const isShared = (path: string): boolean =>
      itemOf(path) !== path.replace(/\.tsx?$/, "") &&
      !texts.has(`${itemOf(path)}.ts`) &&
      !texts.has(`${itemOf(path)}.tsx`);
    const items = files.filter((file) => registryOf(file) !== null && !/\/(?:registry|contract)\.ts$/.test(file));
    const wrong = items
      .flatMap((file) => importsOf(file).map((path) => ({ file, path })))
      .filter(({ file, path }) => registryOf(file) === registryOf(path) && !path.endsWith("/contract.ts"))
      .filter(({ file, path }) => itemOf(file) !== itemOf(path) && !isShared(path));
    expect(wrong).toEqual([]);
    for (const folder of new Set(items.filter(isShared).map(itemOf))) {
      const users = files.filter(
        (file) => itemOf(file) !== folder && importsOf(file).some((path) => itemOf(path) === folder),
      );
      expect({ folder, isUsedBySeveral: users.length > 1 }).toEqual({ folder, isUsedBySeveral: true });
    }
  });

  test("no import cycle, type-only imports included", () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, trail: readonly string[]): void => {
      if (trail.includes(file)) cycles.push([...trail.slice(trail.indexOf(file)), file].join(" -> "));
      else if (!done.has(file)) {
        for (const path of staticImportsOf(file)) visit(path, [...trail, file]);
        done.add(file);
      }
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  test("the environment and the clock are read in one place each", () => {
    const reads = (pattern: RegExp): string[] => files.filter((file) => pattern.test(textOf(file)));
    expect(reads(/\b(?:process|Bun|import\.meta)(?:\.env\b|\["env"\])|\benv\b[^=;]*\} = (?:process|Bun)\b/)).toEqual([
      // What npm links, which runs in Node without the modules of the program.
      "packages/launcher.ts",
      "utils/config.ts",
    ]);
    expect(reads(/\bDate\.now\b|\bnew Date(?:\(\)|\b(?!\())|\bTemporal\.Now\.(?!timeZoneId)/)).toEqual([
      "utils/clock.ts",
    ]);
  });

  test("only utils/json tests whether a value is an object or a finite number", () => {
    const tests = /typeof (\w+) === "object" && \1 !== null|typeof (\w+) === "number" && Number\.is\w+\(\2\)/;
    expect(files.filter((file) => tests.test(textOf(file)))).toEqual(["utils/json.ts"]);
  });

  test("commands print JSON through jsonText, which escapes control characters", () => {
    const raw = files.filter((file) => /\b(?:print\w*|console\.\w+|write)\(\s*JSON\.stringify/.test(textOf(file)));
    // Messages to the parent process.
    expect(raw).toEqual(["collector/database-process.ts", "hub/reader/process.ts"]);
  });

  test("no file has more than 300 lines", () => {
    const tests = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(root, "test", name));
    const long = [...files.map((file) => join(src, file)), ...tests]
      .map((path) => ({ path: relative(root, path), lines: readFileSync(path, "utf8").split("\n").length - 1 }))
      .filter(({ lines }) => lines > 300);
    expect(long).toEqual([]);
  });

  test("of the campaigns only the reduced forms run as tests", () => {
    const tests = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".test.ts"),
    );
    const inCampaigns = tests.filter((name) => name.startsWith("campaigns/"));
    expect(inCampaigns.filter((name) => !name.endsWith("/quick.test.ts"))).toEqual([]);
    const runs = /from "[^"]*campaigns\/(?:faults\/(?:campaign|registry|run)|fuzz|bench|clocks|\w+\/run\.ts)/;
    expect(tests.filter((name) => runs.test(readFileSync(join(root, "test", name), "utf8")))).toEqual([]);
  });

  test("utils holds only the files on the list", () => {
    expect(files.filter((file) => folderOf(file) === "utils")).toEqual(utils.map((name) => `utils/${name}.ts`));
  });

  test.each(Object.entries(registries))(
    "every item of %s is on its registry.ts, under its file's name",
    async (folder, listName) => {
      const items = readdirSync(join(src, folder))
        .filter((name) => /\.tsx?$/.test(name) && !["registry.ts", "contract.ts"].includes(name))
        .map((name) => name.replace(/\.tsx?$/, ""));
      const registry: Record<string, unknown> = await import(join(src, folder, "registry.ts"));
      const list = registry[listName] as readonly { name: string }[];
      expect(list.map(({ name }) => name).toSorted()).toEqual(items.toSorted());
      for (const item of items) {
        const camel = item.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
        const exported = (await import(join(src, folder, item))) as Record<string, unknown>;
        expect(exported[camel]).toBe(list.find(({ name }) => name === item));
      }
    },
  );

  test("every export has a doc comment", () => {
    const bare = files.flatMap((file) => {
      const lines = textOf(file).split("\n");
      return lines.flatMap((line, index) => {
        const exported =
          /^export (?:async |abstract |declare )*(?:function\*?|const|let|class|enum|interface|type) (\w+)/.exec(line);
        return exported && !/(\*\/|^\/\/.*)$/.test(lines[index - 1] ?? "") ? [`${file}: ${exported[1]}`] : [];
      });
    });
    expect(bare).toEqual([]);
  });

  test("no cell of a printed table is empty", () => {
    const pages = ["README.md", ...files.map(folderOf).map((folder) => `src/${folder}/README.md`)];
    const empty = [...new Set(pages)]
      .filter((page) => existsSync(join(root, page)))
      .flatMap((page) =>
        [...readFileSync(join(root, page), "utf8").matchAll(/<!-- table: [\s\S]*?<!-- end -->/g)].flatMap(([table]) =>
          table
            .split("\n")
            .filter((row) => /\|\s*\|/.test(row))
            .map((row) => `${page}: ${row}`),
        ),
      );
    expect(empty).toEqual([]);
  });

  test("only what tools demand stands at the top of the repository", () => {
    const allowed =
      /^(package\.json|bun\.lock|bunfig\.toml|tsconfig\.json|src|data|test|README\.md|CHANGELOG\.md|LICENSE|\.env\.example|\.gitignore|\.oxlintrc\.json|knip\.json|\.ci|\.github|\.git|\.cache|\.env|dist|dist-packages|node_modules)$/;
    expect(readdirSync(root).filter((name) => !allowed.test(name))).toEqual([]);
    expect(statSync(join(root, ".ci/run")).mode & 0o111).not.toBe(0);
  });
});
