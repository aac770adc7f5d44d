import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../../package.json";
import { sampleDocument } from "../../../src/line/sample.ts";
import { until } from "../e2e/checks.ts";
import { processesWith } from "../e2e/machine.ts";
import { Screen } from "../e2e/screen.ts";
import { serveRegistry } from "./registry.ts";
import { checks, platform, problemOf, root, run, userOf, world } from "./world.ts";

const NEWER = "99.0.0";

/** Makes the packages of this version and of a newer one in one folder; null if that fails. */
async function bothVersions(packages: string): Promise<string | null> {
  const [clone, both] = [join(world, "newer"), join(world, "both")];
  await run(["git", "clone", "--quiet", root, clone], { PATH: "/usr/bin:/bin", HOME: world });
  const manifest = join(clone, "package.json");
  writeFileSync(manifest, readFileSync(manifest, "utf8").replace(`"version": "${version}"`, `"version": "${NEWER}"`));
  const packed = await run(
    [process.execPath, "run", "pack", platform],
    process.env as Record<string, string>,
    "",
    clone,
  );
  if (!checks.check(`pack of version ${NEWER}`, packed.code === 0, problemOf(packed))) return null;
  mkdirSync(both);
  for (const from of [packages, join(clone, "dist-packages")]) cpSync(from, both, { recursive: true });
  return both;
}

/** From this version to a newer one by the commands that `upgrade` prints, and on without npm's copy. */
export async function checkLifecycle(packages: string, npmOnly: string): Promise<void> {
  checks.section("an upgrade, and what is left without npm's copy");
  const both = await bothVersions(packages);
  if (both === null) return;
  await using registry = await serveRegistry(both);
  const prefix = join(world, "upgraded");
  const user = userOf("upgrader", `${join(prefix, "bin")}:${npmOnly}`, registry.url);
  const env: Record<string, string> = { ...user, npm_config_prefix: prefix };
  const home = env["HOME"] ?? "";
  const installed = join(home, ".claude/pets/bin/pawprint");
  const versionOf = async (program: string): Promise<string> => (await run([program, "--version"], env)).out.trim();
  await run(["npm", "install", "--global", `pawprint@${version}`], env);
  await run(["pawprint", "install", "--log"], env);
  checks.same("the line is of this version", await versionOf(installed), version);
  const shown = await run(["pawprint", "upgrade"], env);
  const [newest = "", install = "", ...more] = shown.out
    .split("\n")
    .flatMap((line) => /^ {2}(.*)/.exec(line)?.[1] ?? []);
  checks.same(
    "upgrade prints two commands",
    [newest, install, ...more],
    ["npm install --global pawprint@latest", "pawprint install"],
  );
  await run(["sh", "-c", newest], env);
  checks.same("after the first, npm's copy is newer, and the line runs on", await versionsOf(versionOf, installed), [
    NEWER,
    version,
  ]);
  const { out } = await run(["pawprint", "doctor"], env);
  const says = `the line is shown by Pawprint ${version}, and this is Pawprint ${NEWER}`;
  checks.check("doctor says that the line is older", out.includes(says) && out.includes("run: pawprint install"));
  await run(["sh", "-c", install], env);
  checks.same("after the second, both are newer", await versionsOf(versionOf, installed), [NEWER, NEWER]);
  await checkSignals([join(prefix, "bin/pawprint"), "live"], env);
  const removed = await run(["npm", "uninstall", "--global", "pawprint"], env);
  checks.check("npm uninstall --global", removed.code === 0 && readdirSync(join(prefix, "bin")).length === 0);
  const line = await run([installed, "statusline"], env, JSON.stringify(sampleDocument(Date.now(), 42)));
  checks.check("the line is shown without npm's copy", line.out.includes("Opus"), line.out.split("\n")[0]);
  checks.same("its uninstall ends with 0", (await run([installed, "uninstall"], env)).code, 0);
}

const versionsOf = (versionOf: (program: string) => Promise<string>, installed: string): Promise<string[]> =>
  Promise.all(["pawprint", installed].map(versionOf));

/** Ends a program on a full screen through the launcher: it restores the screen and leaves no process. */
async function checkSignals(command: string[], env: Record<string, string>): Promise<void> {
  for (const [how, end] of [
    ["q", (screen: Screen) => screen.type("q")],
    ["Ctrl-C", (screen: Screen) => screen.type("\x03")],
    ["SIGTERM", (screen: Screen) => screen.child.kill("SIGTERM")],
    ["SIGHUP", (screen: Screen) => screen.child.kill("SIGHUP")],
  ] as const) {
    const screen = new Screen(command, { cwd: world, env, columns: 80, rows: 24 });
    const drawn = await screen.row(20_000, "q quit");
    end(screen);
    const ended = { drawn: drawn !== null, code: await screen.ended(10_000) };
    checks.same(`live ends by ${how}`, ended, { drawn: true, code: 0 });
    const left = (await screen.lines()).some((line) => line.includes("q quit"));
    const gone = await until(5_000, () =>
      processesWith(env["HOME"] ?? "-").every((one) => !one.command.includes("live")),
    );
    checks.check(`after ${how} the screen is restored and no process is left`, !left && gone !== null);
    screen.close();
  }
}
