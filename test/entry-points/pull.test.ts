import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pull as pullCommand } from "../../src/commands/pull.ts";
import { PawprintError } from "../../src/utils/errors.ts";
import { ISOLATED } from "../../src/utils/paths.ts";
import { contextOf } from "../install/harness.ts";
import { entryPath, freshHome, type Home } from "./program.ts";

const transcripts = join(import.meta.dir, "../fixtures/transcripts");

/**
 * A home of a hub, and a program called ssh that runs the command on a "host": another home. It keeps its arguments, and does for
 * some hosts what a real ssh or host does: it prints a banner, refuses, or never answers.
 */
function hubWith(hosts: Readonly<Record<string, Home>>): Home {
  const home = freshHome();
  const cases = Object.entries(hosts).map(
    ([host, { path }]) => `  ${host}) export HOME=${path}; cd ~; shift 2; exec /bin/sh -c "$*" ;;\n`,
  );
  const ssh = `#!/bin/sh
echo "$*" >>"${home.path}/ssh-arguments"
case $2 in
${cases.join("")}  silent) echo $$ >"${home.path}/silent-pid"; exec sleep 60 ;;
  banner) echo "Welcome to banner"; cat >/dev/null ;;
  refusing) echo "refusing: Permission denied (publickey)." >&2; exit 255 ;;
  bare) echo "sh: 1: /root/.claude/pets/bin/pawprint: not found" >&2; exit 127 ;;
esac
`;
  mkdirSync(join(home.path, "bin"));
  writeFileSync(join(home.path, "bin/ssh"), ssh);
  chmodSync(join(home.path, "bin/ssh"), 0o755);
  return home;
}

/** A home with usage and an installed program. */
function hostHome(): Home {
  const home = freshHome();
  cpSync(transcripts, join(home.path, ".claude/projects"), { recursive: true });
  const bin = join(home.path, ".claude/pets/bin");
  mkdirSync(bin, { recursive: true });
  chmodSync(join(home.path, ".claude/pets"), 0o700);
  const words = [process.execPath, ...ISOLATED, entryPath("cli")].map((word) => `"${word}"`).join(" ");
  writeFileSync(join(bin, "pawprint"), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o700 });
  return home;
}

const pull = (home: Home, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  home.run("cli", ["pull", ...args], {
    env: { PATH: `${home.path}/bin:/usr/bin:/bin`, PET_MACHINE: "hub of all", ...env },
  });

/** The rows of a table as they are in the ledger of a home. */
function rowsOf(home: Home, file: "hub.db" | "ledger.db", sql: string): unknown[] {
  using database = new Database(join(home.path, ".claude/pets", file), { readonly: true });
  return database.query(sql).values();
}
const TOTALS = "SELECT COUNT(*), SUM(input), SUM(output), SUM(cache_read) FROM response";

describe("pawprint pull", () => {
  test("fetches the usage of two hosts by ssh, once, and keeps them apart", async () => {
    using one = hostHome();
    using two = hostHome();
    using hub = hubWith({ one, "me@two": two });
    const first = await pull(hub, ["one", "me@two"]);
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(first.out).toMatch(
      /^this machine: \d+ rows? fetched\none: \d{2,} rows fetched\nme@two: \d{2,} rows fetched\n$/,
    );
    expect(readFileSync(join(hub.path, "ssh-arguments"), "utf8").split("\n").toSorted()).toEqual([
      "",
      "-- me@two ~/.claude/pets/bin/pawprint sync --stdio",
      "-- one ~/.claude/pets/bin/pawprint sync --stdio",
    ]);
    // The same usage on both hosts counts once.
    expect(rowsOf(hub, "hub.db", TOTALS)).toEqual(rowsOf(one, "ledger.db", TOTALS));
    expect(rowsOf(hub, "hub.db", "SELECT name, provenance FROM member ORDER BY name")).toEqual([
      ["hub of all", "machine"],
      ["me@two", "pull"],
      ["one", "pull"],
    ]);
    const again = await pull(hub, [], { PET_PULL_HOSTS: "one,me@two" });
    expect(again).toMatchObject({
      code: 0,
      out: "this machine: 0 rows fetched\none: 0 rows fetched\nme@two: 0 rows fetched\n",
      err: "",
    });
    // Nothing of the hub stays on the host but how far it has the rows.
    expect(existsSync(join(one.path, ".claude/pets/login.json"))).toBe(false);
  }, 60_000);

  test("a host that fails does not stop the others, and its error says why", async () => {
    using one = hostHome();
    using hub = hubWith({ one });
    const { code, out, err } = await pull(hub, ["banner", "refusing", "one", "bare", "--json"]);
    expect({ code, err }).toEqual({ code: 1, err: "" });
    const { hosts } = JSON.parse(out) as { hosts: { host: string; rows: number; error: { code: string } | null }[] };
    expect(hosts.map(({ host, error }) => [host, error?.code ?? null])).toEqual([
      ["banner", "answer_unusable"],
      ["refusing", "hub_away"],
      ["one", null],
      ["bare", "program_missing"],
    ]);
    expect(hosts[2]?.rows).toBeGreaterThan(10);
    const text = await pull(hub, ["refusing"]);
    expect(text.err).toBe("refusing: refusing: Permission denied (publickey).\n  try: ssh refusing true\n");
  }, 60_000);

  test.each(["-oProxyCommand=true", "a b", "host;true", "@host", "user@-host", "", "x".repeat(300)])(
    "refuses %p as a host before anything is run",
    async (host) => {
      using hub = hubWith({});
      const context = contextOf({ HOME: hub.path, PATH: `${hub.path}/bin` }, hub.path, {}, []);
      const refused = await pullCommand.run({ ...context, args: ["good", host] }).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(PawprintError);
      expect((refused as PawprintError).message).toEndWith("is not a host");
      expect(existsSync(join(hub.path, "ssh-arguments"))).toBe(false);
    },
  );

  test("gives up a host that says nothing, and leaves no process behind", async () => {
    using hub = hubWith({});
    const started = join(hub.path, "silent-pid");
    const context = contextOf({ HOME: hub.path, PATH: `${hub.path}/bin:/usr/bin:/bin` }, hub.path, { json: true }, []);
    // Time passes fast once the host was asked.
    let asked = 0;
    const now = (): number => {
      const real = Date.now();
      if (asked === 0 && existsSync(started)) asked = real;
      return asked === 0 ? real : real + (real - asked) * 10_000;
    };
    const printed: string[] = [];
    const print = (line: string): void => void printed.push(line);
    const clock = { now, sleep: (ms: number) => Bun.sleep(Math.min(ms, 5)) };
    expect(await pullCommand.run({ ...context, args: ["silent"], clock, print })).toBe(1);
    const { hosts } = JSON.parse(printed[0] ?? "") as { hosts: { error: { code: string; message: string } }[] };
    expect(hosts[0]?.error).toMatchObject({ code: "hub_away", message: "it does not answer" });
    expect(() => process.kill(Number(readFileSync(started, "utf8")), 0)).toThrow();
  });

  test("without a host it says how to name one", async () => {
    using hub = hubWith({});
    const { code, err } = await pull(hub, []);
    expect({ code, err }).toEqual({
      code: 2,
      err: "pawprint: no host is named\n  pawprint pull HOST, or set PET_PULL_HOSTS\n",
    });
  });
});
