import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { uninstall } from "../../../src/commands/uninstall.ts";
import { messageOf } from "../../../src/utils/errors.ts";
import { isRunning, serviceHome, until } from "./harness.ts";

const UNIT = ".config/systemd/user/pawprint-sync.service";
const AGENT = "Library/LaunchAgents/pawprint.serve.plist";
/** A home whose name needs quotes everywhere. */
const HOSTILE = `it's a "100%" $HOME & <b>`;

/** The words of a command in a unit file: https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = ""]) => word.replace(/\\(.)/g, "$1").replaceAll("%%", "%"));

/** systemd runs no program with quotes in its path. */
const WITHOUT_QUOTES = "it is 100% $HOME & <b>";

describe("a service of systemd", () => {
  test("is enabled, started, stopped and taken out by these argument lists alone", async () => {
    using home = serviceHome(["systemctl", "crontab"]);
    expect(await home.run("install sync")).toBe(1);
    expect(home.printed).toContain(`writing ${home.path}/${UNIT}:`);
    const show = "systemctl --user show --property=ActiveState,SubState,NRestarts,ExecMainStatus,UnitFileState";
    expect(home.commands()).toEqual([
      "systemctl --user show --property=Version",
      "systemctl --user daemon-reload",
      "systemctl --user enable pawprint-sync.service",
      "systemctl --user reset-failed pawprint-sync.service",
      "systemctl --user start pawprint-sync.service",
      `${show} pawprint-sync.service`,
    ]);
    await home.run("stop");
    expect(home.commands()[0]).toBe("systemctl --user stop pawprint-sync.service");
    await home.run("uninstall");
    expect(home.commands()).toEqual([
      "systemctl --user disable --now pawprint-sync.service",
      "systemctl --user reset-failed pawprint-sync.service",
      "systemctl --user daemon-reload",
    ]);
    expect(home.read(UNIT)).toBeNull();
    expect(readdirSync(home.path).toSorted()).toEqual([".claude", "system"]);
  });

  test("a unit has the program, the options and the variables as they are, and no secret", async () => {
    using home = serviceHome(["systemctl"], WITHOUT_QUOTES);
    const env = { CODEX_HOME: `/a\\b "c" 100% $d`, PET_HUB_TOKEN: "pawm_secret", AWS_SECRET_KEY: "other" };
    await home.run(`install sync`, env);
    const text = home.read(UNIT) ?? "";
    const lineOf = (name: string): string => text.split("\n").find((line) => line.startsWith(`${name}=`)) ?? "";
    expect(wordsOf(lineOf("ExecStart"))).toEqual([`${home.pets}/bin/pawprint`, "sync", "--follow"]);
    expect(wordsOf(lineOf("Environment"))).toEqual([`CODEX_HOME=/a\\b "c" 100% $d`]);
    expect(text).toContain("\nRestart=on-failure\n");
    expect(`${text}${home.read(".claude/pets/services.json")}`).not.toMatch(/secret|AWS/);
  });

  test.skipIf(Bun.which("systemd-analyze") === null)("systemd accepts the units of both jobs", async () => {
    using home = serviceHome(["systemctl"], WITHOUT_QUOTES);
    await home.run("install sync", { CODEX_HOME: "/a b" });
    await home.run("install serve --host=0.0.0.0 --insecure");
    for (const job of ["sync", "serve"]) {
      const path = join(home.path, UNIT).replace("sync", job);
      const runtime = join(home.path, "run");
      mkdirSync(runtime, { recursive: true });
      const child = Bun.spawn(["systemd-analyze", "verify", "--user", "--man=no", path], {
        env: { PATH: "/usr/bin:/bin", HOME: home.path, XDG_RUNTIME_DIR: runtime },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const said = `${await child.stdout.text()}${await child.stderr.text()}`;
      expect({ said: said.split("\n").filter((line) => line.includes("pawprint-")), code: await child.exited }).toEqual(
        {
          said: [],
          code: 0,
        },
      );
    }
  });

  test("a hub that serve would refuse is not installed, and its files are named from the root", async () => {
    using home = serviceHome(["systemctl"], WITHOUT_QUOTES);
    for (const wrong of ["--host=0.0.0.0 --no-auth", "--port=abc", "--cert=a.pem", "--url=hub"])
      expect(await home.run(`install serve ${wrong}`).then(String, messageOf)).toMatch(
        /this machine only|invalid|belong/,
      );
    expect(await home.run("install serve --cert=a.pem --key=~/b.pem --dry-run")).toBe(0);
    const runs = `it runs: pawprint serve --cert=${join(process.cwd(), "a.pem")} --key=${home.path}/b.pem`;
    expect(home.printed).toContain(runs);
  });

  test("a program that systemd would not run is refused before anything is written", async () => {
    using home = serviceHome(["systemctl"], HOSTILE);
    expect(await home.run("install sync").catch(messageOf)).toContain(
      "systemd runs no program with a quote in its path",
    );
    expect(readdirSync(home.pets).toSorted()).toEqual(["bin", "install.json", "login.json"]);
  });

  test("two services share a folder, which goes with the last of them", async () => {
    using home = serviceHome(["systemctl"]);
    await home.run("install sync");
    await home.run("install serve");
    await home.run("uninstall sync");
    expect(home.read(UNIT.replace("sync", "serve"))).toContain("Description=Pawprint: hub");
    await home.run("uninstall serve");
    expect(readdirSync(home.path)).not.toContain(".config");
  });

  test("a unit that was changed is neither replaced nor removed", async () => {
    using home = serviceHome(["systemctl"]);
    await home.run("install sync");
    home.write(UNIT, "[Service]\n# mine\n");
    expect(await home.run("install sync").catch(messageOf)).toContain("was changed after Pawprint wrote it");
    await home.run("uninstall sync");
    expect(home.printed.at(-1)).toBe(`kept ${home.path}/${UNIT}, which was changed after Pawprint wrote it`);
    expect(home.read(UNIT)).toBe("[Service]\n# mine\n");
  });

  test("another manager replaces it, and nothing of the former one stays", async () => {
    using home = serviceHome(["systemctl", "crontab"]);
    await home.run("install sync");
    await home.run("install sync --with=cron");
    expect(home.read(UNIT)).toBeNull();
    expect(home.commands()).toContain("systemctl --user disable --now pawprint-sync.service");
    await home.run("uninstall sync");
    expect(home.read("crontab")).toBeNull();
  });

  test("a start that fails is an error with what the system said, and can be taken back", async () => {
    using home = serviceHome(["systemctl"]);
    home.write("failing", "--user start pawprint-sync.service\n");
    const failed = await home.run("install sync").catch(messageOf);
    expect(failed).toBe("systemctl --user start pawprint-sync.service failed: exit status 1");
    await home.run("uninstall sync");
    expect(home.read(UNIT)).toBeNull();
  });
});

describe("pawprint uninstall", () => {
  test.each([["uninstall"], ["uninstall --purge --yes"]])(
    "%s ends services and leaves none of their files",
    async (words) => {
      using home = serviceHome(["systemctl", "crontab"]);
      home.write("crontab", "5 4 * * * backup\n");
      // What sync --follow leaves.
      home.write(".claude/pets/sync.json", "{}");
      home.write(".claude/pets/ledger.db.sync-lock", "");
      await home.run("install serve");
      await home.run("install sync --with=cron");
      const pid = Number(home.read(".claude/pets/service-sync.pid"));
      home.commands();
      expect(await home.run(words, {}, uninstall)).toBe(0);
      expect(home.printed.join("\n")).toContain("removed the service sync: crontab, ");
      expect(home.commands()[0]).toBe("systemctl --user disable --now pawprint-serve.service");
      await until(() => !isRunning(pid), "it ended");
      expect(home.read("crontab")).toBe("5 4 * * * backup\n");
      const left = readdirSync(home.path).filter(
        (name) => !["started", "system", "crontab", "commands"].includes(name),
      );
      // Without --purge the directory for logs and settings stays.
      expect(left).toEqual(words.includes("--purge") ? [] : [".claude"]);
      if (left.length > 0)
        expect(readdirSync(home.pets).toSorted()).toEqual([
          "install.lock",
          "ledger.db.sync-lock",
          "login.json",
          "sync.json",
        ]);
    },
  );
});

describe("a service of launchd", () => {
  test.skipIf(Bun.which("python3") === null)("its agent is a property list with the words as they are", async () => {
    using home = serviceHome(["launchctl"], HOSTILE);
    await home.run("install serve --port=7300", { CODEX_HOME: "/a <b> & c" });
    const script = "import plistlib,json,sys; print(json.dumps(plistlib.load(open(sys.argv[1],'rb'))))";
    const parser = Bun.spawn(["python3", "-c", script, join(home.path, AGENT)], { stdout: "pipe" });
    expect(await parser.stdout.json()).toEqual({
      Label: "pawprint.serve",
      ProgramArguments: [`${home.pets}/bin/pawprint`, "serve", "--port=7300"],
      EnvironmentVariables: { CODEX_HOME: "/a <b> & c" },
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      ThrottleInterval: 10,
      ProcessType: "Standard",
      Umask: 0o77,
      WorkingDirectory: "/",
      StandardOutPath: `${home.pets}/service-serve.log`,
      StandardErrorPath: `${home.pets}/service-serve.log`,
    });
  });

  test("is loaded and taken out by these argument lists alone", async () => {
    using home = serviceHome(["launchctl"]);
    const target = `gui/${process.getuid?.()}`;
    await home.run("install serve");
    expect(home.commands()).toEqual([
      "launchctl managername",
      `launchctl enable ${target}/pawprint.serve`,
      `launchctl bootout ${target}/pawprint.serve`,
      `launchctl bootstrap ${target} ${home.path}/${AGENT}`,
      `launchctl print ${target}/pawprint.serve`,
    ]);
    await home.run("uninstall serve");
    expect(home.commands()).toEqual([`launchctl bootout ${target}/pawprint.serve`]);
    expect(readdirSync(home.path)).not.toContain("Library");
  });
});

describe("pawprint service", () => {
  test("names what is missing on a machine that cannot keep services", async () => {
    using home = serviceHome([]);
    const error = await home.run("install sync", { PATH: home.path }).catch(messageOf);
    expect(error).toBe(
      "nothing here can run a service: launchd: there is no launchctl; systemd: there is no systemctl; cron: there is no crontab",
    );
  });

  test("does not install sync on a machine that sends to no hub, and never writes a token into a file", async () => {
    using home = serviceHome(["systemctl"]);
    rmSync(join(home.pets, "login.json"));
    for (const env of [{}, { PET_HUB_URL: "https://hub.example", PET_HUB_TOKEN: "pawm_secret" }])
      expect(await home.run("install sync", env).catch(messageOf)).toBe("this machine sends to no hub");
    expect(home.read(UNIT)).toBeNull();
    expect(await home.run("install sync --dry-run")).toBe(0);
  });

  test.each([
    ["begin sync", 'there is no action of service "begin"'],
    ["install", "which service is missing"],
    ["install web", 'there is no service "web"'],
    ["install sync --port=1", "service install sync takes no --port"],
    ["status --follow", "service status takes no --follow"],
    ["install sync --with=upstart", 'there is no manager of services "upstart"'],
    ["start serve", "no service serve is installed"],
  ])("refuses %s with a sentence", async (words, message) => {
    using home = serviceHome([]);
    expect(await home.run(words).catch(messageOf)).toContain(message);
  });

  test("every variable that a source reads for its files reaches the service", async () => {
    const folder = join(import.meta.dir, "../../../src/sources");
    const texts = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(folder, name), "utf8"));
    const names = [
      ...new Set(texts.flatMap((text) => [...text.matchAll(/\benv\["(\w+)"\]/g)].map(([, name]) => name))),
    ];
    // Windows has none of these managers.
    const wanted = names.flatMap((name = "") => (name === "APPDATA" ? [] : [name])).toSorted();
    expect(wanted.length).toBeGreaterThan(10);
    using home = serviceHome(["systemctl"]);
    await home.run("install sync", Object.fromEntries(wanted.map((name) => [name, join(home.path, "other")])));
    const record = JSON.parse(home.read(".claude/pets/services.json") ?? "") as { sync: { env: object } };
    expect(Object.keys(record.sync.env).toSorted()).toEqual(wanted);
  });

  test("the log of a service is printed from its file or the journal", async () => {
    using home = serviceHome(["crontab", "systemctl", "journalctl"]);
    await home.run("install sync --with=cron");
    home.write(".claude/pets/service-sync.log", "one\ntwo\n");
    expect(await home.run("logs sync")).toBe(0);
    expect(home.printed).toEqual(["one", "two"]);
    await home.run("uninstall sync");
    await home.run("install sync --with=systemd");
    home.commands();
    await home.run("logs sync --follow");
    expect(home.commands()).toEqual([
      "journalctl --user --unit=pawprint-sync.service --lines=200 --no-pager --output=short-iso --follow",
    ]);
  });
});
