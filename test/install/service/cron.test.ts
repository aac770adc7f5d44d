import { describe, expect, test } from "bun:test";
import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../../src/utils/errors.ts";
import { isRunning, serviceHome, until } from "./harness.ts";

const CRONTAB = "# mine\nMAILTO=me\n5 4 * * * backup 100\\%\n";

/** The id of the process that was started last. */
const pidOf = (home: ReturnType<typeof serviceHome>, job: string): number =>
  Number(home.read(`.claude/pets/service-${job}.pid`));

describe("a service in the crontab", () => {
  test.each([
    ["with other lines", CRONTAB, "export A=1\nno newline at the end", [".profile"]],
    ["that is missing, and a profile that is missing", null, null, [".profile"]],
    ["that is empty, and an empty profile", "", "", [".bash_profile", ".profile"]],
  ])("adds one marked line each to a crontab %s, and removes exactly these", async (_, crontab, profile, profiles) => {
    using home = serviceHome(["crontab"]);
    const [first = ""] = profiles;
    if (crontab !== null) home.write("crontab", crontab);
    if (profile !== null) for (const name of profiles) home.write(name, profile);
    expect(await home.run("install sync --with=cron")).toBe(0);
    const text = home.read("crontab") ?? "";
    const [line = ""] = text.split("\n");
    expect(text).toBe(`${line}\n${crontab ?? ""}`);
    expect(line).toMatch(/^\d+(?:,\d+){3} \* \* \* \* \S+\/bin\/pawprint service run sync >\/dev\/null 2>&1 # /);
    const login = (home.read(first) ?? "").split("\n")[0] ?? "";
    expect(home.read(first)).toBe(`${login}\n${profile ?? ""}`);
    // What is written was printed.
    for (const written of [line, login]) expect(home.printed).toContain(`  ${written}`);
    expect(await home.run("install sync --with=cron")).toBe(0);
    expect(home.read("crontab")).toBe(text);
    expect(await home.run("uninstall sync")).toBe(0);
    expect(home.read("crontab")).toBe(crontab);
    for (const name of profiles) expect(home.read(name)).toBe(profile);
    expect(readdirSync(home.pets).filter((name) => name.startsWith("service"))).toEqual([]);
  });

  test("the minutes of the crontab are fifteen apart", async () => {
    using home = serviceHome(["crontab"]);
    await home.run("install sync --with=cron --dry-run");
    const minutes = /^ {2}([\d,]+) /.exec(home.printed.find((line) => line.includes(" * * * * ")) ?? "")?.[1];
    const [first = NaN, ...more] = (minutes ?? "").split(",").map(Number);
    expect(more).toEqual([first + 15, first + 30, first + 45]);
    expect(first).toBeLessThan(15);
    expect(home.read("crontab")).toBeNull();
    expect(home.read(".claude/pets/services.json")).toBeNull();
  });

  test("runs the job in the background, once at a time, and ends it", async () => {
    using home = serviceHome(["crontab"]);
    await home.run("install serve --with=cron --port=0", { CODEX_HOME: "/some where", PET_HUB_TOKEN: "pawt_secret" });
    await until(() => home.read("started")?.endsWith("\n") === true, "it was started");
    const pid = pidOf(home, "serve");
    expect(isRunning(pid)).toBe(true);
    expect(home.read("started")).toBe("serve --port=0 as /some where\n");
    // What cron runs, in an environment of its own.
    await home.run("run serve");
    expect(pidOf(home, "serve")).toBe(pid);
    expect(await home.run("status serve")).toBe(0);
    expect(home.printed[0]).toMatch(/^serve: running; in the crontab, each 15 min, process \d+, /);
    await home.run("stop serve");
    expect(home.read("crontab")).toBeNull();
    expect(home.read(".profile")).toBeNull();
    await until(() => !isRunning(pid), "it ended");
    expect(await home.run("status serve")).toBe(1);
    await home.run("start serve");
    await until(() => home.read("started")?.split("\n").length === 3, "it was started again");
    expect(home.read("crontab")).toContain("service run serve");
    const last = pidOf(home, "serve");
    await home.run("uninstall serve");
    await until(() => !isRunning(last), "it ended");
    for (const name of ["services.json", "crontab", ".profile"]) expect(home.read(name)).toBeNull();
  });

  test("never ends a process that has only the number of an old one", async () => {
    using home = serviceHome(["crontab"]);
    await home.run("install sync --with=cron");
    process.kill(pidOf(home, "sync"), "SIGKILL");
    const other = Bun.spawn(["sleep", "60"]);
    home.write(".claude/pets/service-sync.pid", `${other.pid}\n`);
    await home.run("uninstall sync");
    expect(isRunning(other.pid)).toBe(true);
    other.kill();
  });

  test.each(["/bin/sh", "/bin/bash"])("a login with %s runs the command and does not wait for it", async (shell) => {
    using home = serviceHome(["crontab"], "it's a $HOME 100%");
    // The program waits for a file that only comes after the login.
    const program = join(home.pets, "bin/pawprint");
    const waiting = `#!/bin/sh\nwhile [ ! -e "$HOME/go" ]; do sleep 0.02; done; echo "$*" >"$HOME/ran"\n`;
    await home.run("install sync --with=cron", { SHELL: shell });
    process.kill(pidOf(home, "sync"), "SIGKILL");
    writeFileSync(program, waiting);
    chmodSync(program, 0o755);
    const login = Bun.spawn([shell, "-c", '. "$HOME/.profile"; echo "status $?"'], {
      env: { HOME: home.path, PATH: "/usr/bin:/bin" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    expect(await login.stdout.text()).toBe("status 0\n");
    expect(await login.stderr.text()).toBe("");
    expect(home.read("ran")).toBeNull();
    home.write("go", "");
    await until(() => home.read("ran")?.endsWith("\n") === true, "the program ran");
    expect(home.read("ran")).toBe("service run sync\n");
  });

  test("the line of the crontab runs in sh as cron gives it to it", async () => {
    using home = serviceHome(["crontab"], "it's a $HOME 100%");
    await home.run("install sync --with=cron", { CODEX_HOME: "/a 'b' 100%" });
    process.kill(pidOf(home, "sync"), "SIGKILL");
    const [, command = ""] = /^(?:\S+ ){5}(.*)\n/.exec(home.read("crontab") ?? "") ?? [];
    expect(/(?<!\\)%/.test(command)).toBe(false);
    // cron takes the backslash before a percent sign away.
    const child = Bun.spawn(["/bin/sh", "-c", command.replaceAll(String.raw`\%`, "%")], {
      env: { HOME: home.path, PATH: "/usr/bin:/bin" },
    });
    expect(await child.exited).toBe(0);
    expect(home.read("runs")).toBe("service run sync\n");
  });

  test("a profile of a removed program does nothing", async () => {
    using home = serviceHome(["crontab"]);
    await home.run("install sync --with=cron");
    process.kill(pidOf(home, "sync"), "SIGKILL");
    const line = (home.read(".profile") ?? "").replaceAll(home.pets, "/nonexistent");
    const login = Bun.spawn(["/bin/sh", "-c", line], { stdio: ["ignore", "pipe", "pipe"] });
    expect([await login.stdout.text(), await login.stderr.text()]).toEqual(["", ""]);
  });

  test("a crontab that refuses this user is an error, and nothing is written", async () => {
    using home = serviceHome([]);
    home.write("system/crontab", "#!/bin/sh\necho 'You (alice) are not allowed to use this program' >&2; exit 1\n");
    chmodSync(join(home.path, "system/crontab"), 0o755);
    const refused = await home.run("install sync").catch(messageOf);
    expect(refused).toMatch(/nothing here can run a service: .*cron: crontab refuses: You \(alice\)/);
    expect(home.read(".claude/pets/services.json")).toBeNull();
    expect(home.read(".profile")).toBeNull();
  });
});
