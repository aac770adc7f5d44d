import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type Environment, parseDotEnv, readSettings, unknownNames } from "../../src/utils/config.ts";
import { declarations } from "../../src/utils/declarations.ts";
import { expand, logDirectory, placesOf } from "../../src/utils/paths.ts";

describe("settings", () => {
  test("the settings have the documented defaults", () => {
    expect(readSettings([]).settings).toMatchObject({
      loggingEnabled: false,
      usageInterval: 60_000,
      statusInterval: 3_600_000,
      logDir: null,
      storage: "jsonl",
      dbPath: null,
      maxSize: 10_485_760,
      maxFiles: 10,
      debug: false,
    });
  });

  test("the first source takes precedence, and an empty value counts as not set", () => {
    const { settings, problems } = readSettings([
      { PET_PACK: " ", PET_THEME: "plain" },
      { PET_PACK: "fox", PET_THEME: "meadow" },
    ]);
    expect([settings.pack, settings.theme, problems]).toEqual(["fox", "plain", []]);
  });

  test.each([
    ["PET_USAGE_LOGGING_ENABLED", "yes", "true or false"],
    ["PET_USAGE_LOG_INTERVAL", "60s", "a whole number of ms from 1000 to 86400000"],
    ["PET_USAGE_LOG_INTERVAL", "999", "from 1000"],
    ["PET_USAGE_LOG_INTERVAL", "-1", "from 1000"],
    ["PET_USAGE_LOG_INTERVAL", "1e5", "from 1000"],
    ["PET_LOG_MAX_FILES", "0", "files from 1 to 1000"],
    ["PET_LOG_STORAGE_TYPE", "csv", "one of jsonl, sqlite, hybrid"],
    ["PET_LOG_DIR", "logs", "an absolute path"],
    ["PET_LOG_EMAIL", "none", "one of full, hash, off"],
    ["PET_PACK", "toString", "one of cat, dog, fox, none"],
  ])("%s=%s is reported with the allowed values, and the default applies", (env, value, allowed) => {
    const { settings, problems } = readSettings([{ [env]: value }]);
    expect(problems).toMatchObject([{ setting: env, value }]);
    expect(problems[0]?.allowed).toContain(allowed);
    expect(settings).toEqual(readSettings([]).settings);
  });

  test("for any texts, every value is one that its declaration allows", () => {
    const names = Object.values(declarations).map(({ env }) => env);
    const env = fc.dictionary(
      fc.constantFrom(...names),
      fc.oneof(fc.string(), fc.integer().map(String), fc.constantFrom("true", "/x", "cat")),
    );
    fc.assert(
      fc.property(env, (given) => {
        const { settings, problems } = readSettings([given]);
        const again = readSettings([given]);
        expect(again).toEqual({ settings, problems });
        expect(settings.usageInterval).toBeWithin(1_000, 86_400_001);
        expect(["jsonl", "sqlite", "hybrid"]).toContain(settings.storage);
        if (settings.logDir !== null) expect(settings.logDir).toMatch(/^(~?\/|[A-Za-z]:[\\/])/);
      }),
    );
  });
});

describe("names that are not settings", () => {
  const unknown = (env: Environment, ...files: Environment[]): (string | null)[][] =>
    unknownNames(env, files).map(({ value, nearest }) => [value, nearest]);

  test("unknown names in our own files are reported with the most similar name", () => {
    expect(unknown({}, { PET_THEM: "plain", PET_LOG_EMIAL: "off", PET_QQQQQQQQQQQQ: "1" })).toEqual([
      ["PET_THEM", "PET_THEME"],
      ["PET_LOG_EMIAL", "PET_LOG_EMAIL"],
      ["PET_QQQQQQQQQQQQ", null],
    ]);
    expect(unknown({ pet_theme: "plain" }, parseDotEnv("pet_theme=plain\nPet_Rows=1\n"))).toEqual([
      ["pet_theme", "PET_THEME"],
      ["Pet_Rows", "PET_ROWS"],
    ]);
  });

  test("unknown names in the environment are reported only within two letters of a setting, since others belong to other programs", () => {
    const env = {
      PET_SEGMENT: "pet",
      PET_STORE_URL: "x",
      PET_NAME: "Rex",
      PETS_THEME: "x",
      PET_LOG_DRI: "/x",
      PET_TEHM: "x",
    };
    expect(unknown(env)).toEqual([
      ["PET_SEGMENT", "PET_SEGMENTS"],
      ["PET_LOG_DRI", "PET_LOG_DIR"],
      ["PET_TEHM", "PET_THEME"],
    ]);
  });

  test("unknown names are reported once each, at most 20, and not if they are empty", () => {
    expect(unknown({ PET_THEM: "a" }, { PET_THEM: "b", PET_ROW: " " }, { PET_THEM: "c" })).toEqual([
      ["PET_THEM", "PET_THEME"],
    ]);
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`PET_X${index}`, "1"]));
    expect(unknown({}, many)).toHaveLength(20);
    expect(unknown({}, { [`PET_${"X".repeat(60_000)}`]: "1" })).toEqual([[`PET_${"X".repeat(60_000)}`, null]]);
  });

  test("no declared setting is reported as unknown", () => {
    const all = Object.fromEntries(Object.values(declarations).map(({ env }) => [env, "1"]));
    expect(unknown(all, all)).toEqual([]);
  });
});

describe("PET_MODEL_NAMES", () => {
  test("PET_MODEL_NAMES is a list of id=name pairs", () => {
    const profile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123";
    const { settings, problems } = readSettings([{ PET_MODEL_NAMES: ` ${profile} = Team Opus , x=a=b,` }]);
    expect([settings.modelNames, problems]).toEqual([
      [
        [profile, "Team Opus"],
        ["x", "a=b"],
      ],
      [],
    ]);
  });

  test.each(["abc123", "=name", "id=", "a=b,c"])("the setting PET_MODEL_NAMES=%s is refused", (value) => {
    const { settings, problems } = readSettings([{ PET_MODEL_NAMES: value }]);
    expect(settings.modelNames).toEqual([]);
    expect(problems).toMatchObject([
      { setting: "PET_MODEL_NAMES", value, allowed: "name=value pairs separated by commas" },
    ]);
  });
});

describe("a .env file", () => {
  test.each([
    ["PET_A=1", "1"],
    ["export PET_A=1\r\n", "1"],
    ["export\tPET_A=1", "1"],
    ["  export   PET_A = 1", "1"],
    ["\ufeffPET_A=1", "1"],
    ["export PET_Aexport =1", undefined],
    ["  PET_A = two words ", "two words"],
    ["PET_A='a # b' # c", "a # b"],
    ['PET_A="x"', "x"],
    ["PET_A=x # comment", "x"],
    ["PET_A=x#y", "x#y"],
    ["PET_A=# comment", ""],
    ["PET_A=", ""],
    ["PET_A=1\nPET_A=2", "2"],
    ["PET_A=a=b", "a=b"],
    ["#PET_A=1", undefined],
    ["PET_A", undefined],
  ])("the .env text %j is parsed", (text, value) => {
    expect(parseDotEnv(text)["PET_A"]).toBe(value as string);
  });

  test("a .env file sets only PET_ settings", () => {
    expect(parseDotEnv("PATH=/evil\nNODE_OPTIONS=x\nPET_PACK=dog\nMY_PET_X=1\n")).toEqual({ PET_PACK: "dog" });
  });
});

describe("directories", () => {
  test("the scope depends on sign-in method and config directory, but not on the value of a credential", () => {
    const scope = (env: Record<string, string>): string => placesOf({ HOME: "/home/u", ...env }, "/root").scope;
    const scopes = [
      scope({}),
      scope({ CLAUDE_CONFIG_DIR: "/home/u/other" }),
      scope({ ANTHROPIC_API_KEY: "a" }),
      scope({ CLAUDE_CODE_OAUTH_TOKEN: "a" }),
      scope({ CLAUDE_CODE_USE_BEDROCK: "1" }),
    ];
    expect(new Set(scopes).size).toBe(scopes.length);
    expect(scope({ CLAUDE_CONFIG_DIR: "/home/u/.claude/" })).toBe(scope({}));
    expect(scope({ ANTHROPIC_API_KEY: "b" })).toBe(scope({ ANTHROPIC_API_KEY: "a" }));
  });

  test("the log directory is PET_LOG_DIR, else data/logs of the checkout if it exists, else logs in Pawprint's own directory", async () => {
    const root = mkdtempSync(join(tmpdir(), "pawprint-root-"));
    try {
      const places = placesOf({ HOME: "/home/u" }, root);
      const directory = (env: Record<string, string> = {}): Promise<string> =>
        logDirectory(readSettings([env]).settings, places);
      const shared = existsSync("/data/logs");
      if (!shared) expect(await directory()).toBe("/home/u/.claude/pets/logs");
      mkdirSync(join(root, "data/logs"), { recursive: true });
      if (!shared) expect(await directory()).toBe(join(root, "data/logs"));
      expect(await directory({ PET_LOG_DIR: "/nonexistent/place/" })).toBe("/nonexistent/place");
      expect(await directory({ PET_LOG_DIR: "~/logs" })).toBe("/home/u/logs");
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  test.if(process.getuid?.() === 0)(
    "a log directory of another user is skipped, even if everybody may write there",
    async () => {
      const root = mkdtempSync(join(tmpdir(), "pawprint-root-"));
      try {
        const there = join(root, "data/logs");
        mkdirSync(there, { recursive: true });
        const directory = (): Promise<string> =>
          logDirectory(readSettings([]).settings, placesOf({ HOME: "/home/u" }, root));
        const mine = await directory();
        chownSync(there, 1_001, 1_001);
        chmodSync(there, 0o1777);
        expect(await directory()).toBe(mine === there ? "/home/u/.claude/pets/logs" : mine);
      } finally {
        rmSync(root, { recursive: true });
      }
    },
  );

  test("a leading ~/ is expanded to the home directory", () => {
    const places = placesOf({ HOME: "/home/$&" }, "/root");
    expect(expand("~/logs/", places)).toBe("/home/$&/logs");
    expect(expand("/~/x", places)).toBe("/~/x");
  });
});
