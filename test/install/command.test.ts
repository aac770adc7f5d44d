import { describe, expect, test } from "bun:test";
import { dirname } from "node:path";
import fc from "fast-check";
import { commandFor, commandIn, hasLastingBun, isOurCommand, isTemporary, quote } from "../../src/install/command.ts";
import { placesOf } from "../../src/utils/paths.ts";

const places = placesOf({ HOME: "/home/a b" }, "/opt/pawprint");
const env = { PATH: "/usr/bin" };

describe("quote", () => {
  test("makes any path a single word for sh", () => {
    const paths = fc.string({
      unit: fc.constantFrom(..."ab /\"'$`\\!*?;&|()<>#~\n\té漢".split("")),
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(fc.array(paths, { minLength: 1, maxLength: 20 }), (words) => {
        const script = `printf '%s\\0' ${words.map(quote).join(" ")}`;
        expect(Bun.spawnSync(["/bin/sh", "-c", script]).stdout.toString()).toBe(
          words.map((word) => `${word}\0`).join(""),
        );
      }),
      { numRuns: 50 },
    );
  });
});

describe("our command", () => {
  const all = [false, true].flatMap((standalone) =>
    [false, true].map((chain) => commandFor(places, env, { standalone, chain })),
  );

  test("is recognised even with text of the user around it", () => {
    for (const command of all) {
      for (const text of [command, `PET_THEME=dusk ${command}`, `${command} 2>/dev/null`, `nice ${command}; echo`]) {
        expect(isOurCommand(places, { type: "command", command: text })).toBe(true);
      }
    }
    expect(isOurCommand(places, { command: "bun '/home/a b/.claude/pets/bin/statusline.js'" })).toBe(true);
  });

  test("is not recognised in commands of other programs", () => {
    for (const command of [
      "/home/a b/.claude/pets/bin/mine.sh",
      '"/home/a b/.claude/pets/bin/statusline.json"',
      '"/home/other/.claude/pets/bin/statusline.js"',
      "ccstatusline",
      "",
    ]) {
      expect(isOurCommand(places, { command })).toBe(false);
    }
    for (const value of [null, undefined, "text", 1, [], {}, { command: 1 }, { command: { command: "x" } }]) {
      expect(isOurCommand(places, value)).toBe(false);
      expect(commandIn(value)).toBeNull();
    }
  });
});

test.each([
  ["/home/u/.npm/_npx/1a2b/node_modules/bun/bin/bun.exe", true],
  ["/tmp/bunx-1000-bun@latest/node_modules/bun/bin/bun", true],
  ["/home/a/.bun/install/cache/.bunx-1000/bun@latest/node_modules/bun/bin/bun", true],
  ["/home/u/.cache/pnpm/dlx/abc/node_modules/bun/bin/bun", true],
  ["/var/folders/xx/T/bun", false],
  ["/private/var/folders/xx/T/bun", true],
  ["/scratch/u/bun", true],
  ["C:\\Users\\u\\AppData\\Local\\npm-cache\\_npx\\1\\node_modules\\bun\\bin\\bun.exe", true],
  ["/usr/lib/node_modules/bun/bin/bun.exe", false],
  ["/home/u/.bun/bin/bun", false],
  ["/home/u/tmp/bun", false],
  ["/opt/homebrew/Cellar/bun/1.4.4/bin/bun", false],
])("a runtime at %s is in a temporary folder: %p", (path, temporary) =>
  expect(isTemporary(path, { TMPDIR: "/scratch/" })).toBe(temporary),
);

describe("a Bun that lasts", () => {
  test.each([
    ["/opt/bun/bin/bun", true],
    ["/home/u/.npm/_npx/1a2b/node_modules/bun/bin/bun", false],
  ])("is the running one: %s", (running, lasts) => {
    expect(hasLastingBun({ PATH: "/nowhere" }, running)).toBe(lasts);
  });

  test("is the one on PATH for an executable, which contains a Bun that nobody else can start", () => {
    const bun = Bun.which("bun") ?? process.execPath;
    expect(hasLastingBun({ PATH: dirname(bun) }, null)).toBe(!isTemporary(bun, {}));
    expect(hasLastingBun({ PATH: "/nowhere" }, null)).toBe(false);
    expect(hasLastingBun({}, null)).toBe(false);
  });
});
