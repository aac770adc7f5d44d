import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { entryPath, freshHome, type Home } from "../entry-points/program.ts";
import { ISOLATED } from "../../src/utils/paths.ts";

/** A home with an installed program: the launcher that install creates. */
function homeWithProgram(): Home {
  const home = freshHome();
  const bin = join(home.path, ".claude/pets/bin");
  mkdirSync(bin, { recursive: true });
  chmodSync(join(home.path, ".claude/pets"), 0o700);
  const words = [process.execPath, ...ISOLATED, entryPath("cli")].map((word) => `"${word}"`).join(" ");
  writeFileSync(join(bin, "pawprint"), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o700 });
  return home;
}

const hooksOf = (home: Home): string => join(home.path, ".cursor/hooks.json");
const read = (home: Home): string => readFileSync(hooksOf(home), "utf8");
const linesPath = (home: Home): string => join(home.path, ".claude/pets/hooks/cursor.jsonl");
const commandOf = (home: Home): string => `"${home.path}/.claude/pets/bin/pawprint" hook cursor`;

function write(home: Home, text: string): void {
  mkdirSync(dirname(hooksOf(home)), { recursive: true });
  writeFileSync(hooksOf(home), text);
}

const setup = (home: Home, ...args: string[]) => home.run("cli", ["setup", ...args]);

/** Runs a hook as Cursor does: with a shell and the document on stdin. */
async function stop(home: Home, stdin: string | Uint8Array, command = commandOf(home)) {
  const child = Bun.spawn(["/bin/sh", "-c", command], {
    cwd: home.path,
    env: { HOME: home.path, PATH: "/usr/bin:/bin" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  await Promise.resolve(child.stdin.write(stdin)).catch(() => undefined);
  await Promise.resolve(child.stdin.end()).catch(() => undefined);
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, code };
}

const event = {
  hook_event_name: "stop",
  conversation_id: "c1",
  generation_id: "g1",
  model: "default",
  status: "completed",
  loop_count: 0,
  input_tokens: 20_152,
  output_tokens: 15,
  cache_read_tokens: 8_704,
  cache_write_tokens: 0,
  workspace_roots: ["/home/user/shop"],
  user_email: "user@example.com",
};

const OTHERS: Record<string, string> = {
  "hooks of others, with comments": `{
  // mine
  "version": 1,
  "hooks": {
    "afterFileEdit": [{ "command": "./format.sh" }], /* always */
    "stop": [
      { "command": "notify-send done", "timeout": 5 } // loud
    ]
  }
}
`,
  "all on one line": '{"version":1,"hooks":{"stop":[{"command":"a"},{"command":"b"}]}}',
  "no stop": '{\r\n\t"version": 1,\r\n\t"hooks": {\r\n\t\t"beforeSubmitPrompt": []\r\n\t}\r\n}\r\n',
  "an empty list": '{"hooks":{"stop":[ ]},"version":1}\n',
  "no hooks": '{ "version": 1 }',
  "nothing but an object": "{}\n",
  "a trailing comma and a mark": '\uFEFF{"hooks": {"stop": [{"command": "a"},],},}\n',
  "an empty file": "",
};

describe("setup cursor", () => {
  test("creates a missing hooks file with the hook, and --remove deletes the file again", async () => {
    using home = homeWithProgram();
    const done = await setup(home, "cursor");
    expect([done.code, done.err]).toEqual([0, ""]);
    expect(done.out).toContain(hooksOf(home));
    expect(JSON.parse(read(home))).toEqual({ version: 1, hooks: { stop: [{ command: commandOf(home) }] } });
    expect(statSync(hooksOf(home)).mode & 0o777).toBe(0o600);
    expect((await setup(home, "cursor", "--remove")).code).toBe(0);
    expect(existsSync(hooksOf(home))).toBe(false);
  });

  for (const [name, text] of Object.entries(OTHERS)) {
    test(`keeps other hooks (${name}), and --remove restores every byte`, async () => {
      using home = homeWithProgram();
      write(home, text);
      const done = JSON.parse((await setup(home, "cursor", "--json")).out) as Record<string, unknown>;
      expect(done).toMatchObject({ dry_run: false, assistant: "cursor", changed: true, command: commandOf(home) });
      expect(readFileSync(String(done["backup"]), "utf8")).toBe(text);
      const now = read(home);
      expect(now).toContain(JSON.stringify(commandOf(home)));
      for (const own of text.match(/"[^"]*"|\/\/.*|\/\*.*?\*\//g) ?? []) expect(now).toContain(own.trimEnd());
      const again = JSON.parse((await setup(home, "cursor", "--json")).out) as Record<string, unknown>;
      expect([again["changed"], again["backup"], read(home)]).toEqual([false, null, now]);
      expect((await setup(home, "cursor", "--remove")).code).toBe(0);
      expect(read(home)).toBe(text);
    });
  }

  test("--remove keeps what another program changed in between", async () => {
    using home = homeWithProgram();
    write(home, OTHERS["hooks of others, with comments"] ?? "");
    await setup(home, "cursor");
    write(home, read(home).replace('"version": 1', '"version": 1, "more": true'));
    await setup(home, "cursor", "--remove");
    expect(read(home)).toBe(
      (OTHERS["hooks of others, with comments"] ?? "").replace('"version": 1', '"version": 1, "more": true'),
    );
  });

  test("replaces the command of a program that moved, without a duplicate", async () => {
    using home = homeWithProgram();
    write(
      home,
      JSON.stringify({ hooks: { stop: [{ command: `${home.path}/.claude/pets/bin/old hook cursor`, timeout: 3 }] } }),
    );
    await setup(home, "cursor");
    expect(JSON.parse(read(home))).toEqual({ hooks: { stop: [{ command: commandOf(home), timeout: 3 }] } });
    await setup(home, "cursor", "--remove");
    expect(JSON.parse(read(home))).toEqual({ hooks: { stop: [] } });
  });

  const BROKEN = {
    "cut off": ['{"hooks": {', /line 1/],
    "a list": ["[]", /not an object/],
    "invalid hooks": ['{"hooks": 5}', /hooks is not an object/],
    "a stop that is not a list": ['{"hooks": {"stop": {}}}', /hooks\.stop is not a list/],
  } satisfies Record<string, [string, RegExp]>;
  for (const [name, [text, why]] of Object.entries(BROKEN)) {
    test(`refuses a hooks file with an invalid structure (${name}) and does not change it`, async () => {
      using home = homeWithProgram();
      write(home, text);
      const done = await setup(home, "cursor");
      expect(done.code).toBe(1);
      expect(done.err).toMatch(why);
      expect(read(home)).toBe(text);
      expect(readdirSync(dirname(hooksOf(home)))).toEqual(["hooks.json"]);
    });
  }

  test("--dry-run shows the change without making it", async () => {
    using home = homeWithProgram();
    write(home, OTHERS["no hooks"] ?? "");
    const { out } = await setup(home, "cursor", "--dry-run");
    expect(out).toContain("+{ ");
    expect([read(home), existsSync(join(home.path, ".claude/pets/hooks"))]).toEqual([OTHERS["no hooks"] ?? "", false]);
  });

  test("uninstall removes the hook too, because its program is gone", async () => {
    using home = homeWithProgram();
    write(home, OTHERS["all on one line"] ?? "");
    await setup(home, "cursor");
    const { out } = await home.run("cli", ["uninstall", "--json"]);
    expect(JSON.parse(out)).toMatchObject({ hooks: [hooksOf(home)] });
    expect(read(home)).toBe(OTHERS["all on one line"] ?? "");
    write(home, "{");
    const again = await home.run("cli", ["uninstall"]);
    expect([again.code, again.err.includes(hooksOf(home)), read(home)]).toEqual([0, true, "{"]);
  });

  test("requires a known assistant and an installed program", async () => {
    using home = homeWithProgram();
    for (const words of [[], ["emacs"], ["claude-code"], ["cursor", "cursor"]]) {
      const { code, err } = await setup(home, ...words);
      expect([code, err.includes("one of: cursor")]).toEqual([2, true]);
    }
    rmSync(join(home.path, ".claude/pets/bin"), { recursive: true });
    const { code, err } = await setup(home, "cursor");
    expect([code, err.includes("pawprint install"), existsSync(hooksOf(home))]).toEqual([1, true, false]);
  });
});

describe("hook cursor", () => {
  test("appends one line for each turn to a file only the user can read, and answers {}", async () => {
    using home = homeWithProgram();
    await setup(home, "cursor");
    const [command] = (JSON.parse(read(home)) as { hooks: { stop: { command: string }[] } }).hooks.stop;
    expect(await stop(home, JSON.stringify(event), command?.command)).toEqual({ out: "{}\n", err: "", code: 0 });
    await stop(home, JSON.stringify({ ...event, generation_id: "g2" }));
    const lines = readFileSync(linesPath(home), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as typeof event).generation_id)).toEqual(["g1", "g2"]);
    expect(lines.join("")).not.toContain("user@example.com");
    expect(statSync(linesPath(home)).mode & 0o777).toBe(0o600);
  });

  test("records tokens that reports count", async () => {
    using home = homeWithProgram();
    await stop(home, JSON.stringify(event));
    const { out } = await home.run("cli", ["models", "--json"]);
    expect(out).toContain("11448");
  });

  test("answers {} and records nothing for invalid input", async () => {
    using home = homeWithProgram();
    const hostile = [
      "",
      "{",
      "null",
      "[]",
      "\0\0",
      `{"conversation_id":${"[".repeat(50_000)}`,
      '{"__proto__":{"conversation_id":"x"}}',
    ];
    for (const stdin of [...hostile, new Uint8Array(5_000_000).fill(120)])
      expect(await stop(home, stdin)).toEqual({ out: "{}\n", err: "", code: 0 });
    expect(await stop(home, JSON.stringify(event), commandOf(home).replace(/cursor$/, "../x"))).toMatchObject({
      out: "{}\n",
      code: 0,
    });
    expect(existsSync(linesPath(home))).toBe(false);
  });

  test("does not write through a link, and starts a new line after an incomplete one", async () => {
    using home = homeWithProgram();
    const target = join(home.path, "target");
    mkdirSync(dirname(linesPath(home)), { recursive: true });
    writeFileSync(target, "");
    symlinkSync(target, linesPath(home));
    expect(await stop(home, JSON.stringify(event))).toEqual({ out: "{}\n", err: "", code: 0 });
    expect(readFileSync(target, "utf8")).toBe("");
    rmSync(linesPath(home));
    appendFileSync(linesPath(home), '{"torn', { mode: 0o600 });
    await stop(home, JSON.stringify(event));
    expect(readFileSync(linesPath(home), "utf8")).toMatch(/^\{"torn\n\{"timestamp".*\}\n$/);
  });

  test("writes two lines for two turns that end at once", async () => {
    using home = homeWithProgram();
    await Promise.all(
      Array.from({ length: 6 }, (_, n) => stop(home, JSON.stringify({ ...event, generation_id: `g${n}` }))),
    );
    const lines = readFileSync(linesPath(home), "utf8").trimEnd().split("\n");
    expect(new Set(lines.map((line) => (JSON.parse(line) as typeof event).generation_id)).size).toBe(6);
  });
});
