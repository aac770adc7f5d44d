import { describe, expect, test } from "bun:test";
import { chmodSync, statSync } from "node:fs";
import fc from "fast-check";
import { install } from "../../src/commands/install.ts";
import { withSetting } from "../../src/install/dotenv.ts";
import { parseDotEnv } from "../../src/utils/config.ts";
import { harness } from "./harness.ts";

const NAME = "PET_LOG_DIR";
const line = fc.oneof(
  fc.constantFrom(
    "",
    "# comment",
    "PET_THEME=dusk",
    `# ${NAME}=/x`,
    `X${NAME}=1`,
    `${NAME}_X=2`,
    "A='b c' # d",
    "broken",
  ),
  fc.constantFrom(
    `${NAME}=/old # why`,
    `export ${NAME} = "/o l d"`,
    `  ${NAME}='/q'#x`,
    `${NAME}=`,
    `${NAME}="open`,
    `${NAME}="a"b"`,
    `${NAME}=/a#b`,
  ),
);
const texts = fc
  .tuple(fc.array(line, { maxLength: 6 }), fc.constantFrom("\n", "\r\n"), fc.boolean())
  .map(([lines, eol, end]) => lines.join(eol) + (end && lines.length > 0 ? eol : ""));
const values = fc.constantFrom(
  "/var/log/pets",
  "/with space",
  "/with 'quote",
  '/with "double',
  "/a#b",
  "/a #b",
  "true",
);

describe("a change of a .env file", () => {
  test("can be read back, changes one line, and keeps the others byte for byte", () => {
    fc.assert(
      fc.property(texts, values, (text, value) => {
        const after = withSetting(text, NAME, value);
        expect(parseDotEnv(after)[NAME]).toBe(value);
        const { [NAME]: _, ...others } = parseDotEnv(after);
        const { [NAME]: __, ...before } = parseDotEnv(text);
        expect(others).toEqual(before);
        const [old, now] = [text.split("\n"), after.split("\n")];
        const same = old.filter((one, index) => one === now[index]).length;
        expect(old.length - same).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });

  test("keeps `export` and the comment after the value", () => {
    expect(withSetting("export PET_LOG_DIR = '/a' # why\r\n", NAME, "/b c")).toBe(
      'export PET_LOG_DIR = "/b c" # why\r\n',
    );
  });

  test("is refused for a value that a line cannot hold", () => {
    for (const value of [`'"`, "a\nb"]) {
      expect(() => withSetting("", NAME, value)).toThrow(expect.objectContaining({ code: "bad_setting" }));
    }
  });
});

describe("install --log", () => {
  test("turns logging on, sets the log directory, and keeps the other settings in the file", async () => {
    using at = harness();
    const path = `${at.pets}/.env`;
    at.write(path, "# mine\nPET_USAGE_LOGGING_ENABLED=false # for now\nPET_THEME=dusk");
    chmodSync(path, 0o644);
    await at.install("log");
    expect(at.read(path)).toBe(
      `# mine\nPET_USAGE_LOGGING_ENABLED=true # for now\nPET_THEME=dusk\nPET_LOG_DIR=${at.pets}/logs\n`,
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("keeps a log directory that is set in the file, and takes one from the environment", async () => {
    using at = harness();
    at.write(`${at.pets}/.env`, "PET_LOG_DIR=~/elsewhere\n");
    await at.install("log");
    expect(at.read(`${at.pets}/.env`)).toBe("PET_LOG_DIR=~/elsewhere\nPET_USAGE_LOGGING_ENABLED=true\n");
    await Bun.file(`${at.pets}/.env`).delete();
    await at.run(install, { log: true }, { PET_LOG_DIR: "/srv/pet logs" });
    expect(at.read(`${at.pets}/.env`)).toBe('PET_USAGE_LOGGING_ENABLED=true\nPET_LOG_DIR="/srv/pet logs"\n');
  });

  test("says what is recorded and how to record less", async () => {
    using at = harness();
    await at.run(install, { log: true }, { PET_USAGE_LOGGING_ENABLED: "false" });
    const output = at.printed.join("\n");
    for (const word of ["e-mail", "working directory", "limits", "PET_LOG_EMAIL", "PET_LOG_CWD", `${at.pets}/logs`]) {
      expect(output).toContain(word);
    }
    await at.run(install, { log: true }, { PET_LOG_MAX_FILES: "none" });
    expect(at.printed.join("\n")).toContain('PET_LOG_MAX_FILES is "none", so logging stays off; allowed: a whole');
    expect(output).toContain("the environment sets PET_USAGE_LOGGING_ENABLED=false, which takes precedence");
  });
});
