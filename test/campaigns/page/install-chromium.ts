// Installs Debian's chromium where no Chromium is found: bun test/campaigns/page/install-chromium.ts
import { accessSync, constants } from "node:fs";
import { messageOf } from "../../../src/utils/errors.ts";

/** Names of the program in the PATH, the first one that exists counts. PAWPRINT_CHROMIUM names another one. */
const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const PACKAGE = "chromium";
const HINT = `install it, for instance by: apt-get install ${PACKAGE}; or name one: PAWPRINT_CHROMIUM=/path/to/chromium`;
/** Longest time of one command, milliseconds: the package has 80 MB. */
const INSTALL_MS = 300_000;

/** The path of a Chromium on this machine; null if there is none. Throws if the one that is named cannot be run. */
export function findChromium(): string | null {
  const named = Bun.env["PAWPRINT_CHROMIUM"];
  if (named) {
    accessSync(named, constants.X_OK);
    return named;
  }
  for (const name of NAMES) {
    const path = Bun.which(name);
    if (path !== null) return path;
  }
  return null;
}

/** The words before a command that run it as root; null if this user cannot become root without a password. */
function asRoot(): string[] | null {
  if (process.getuid?.() === 0) return [];
  const sudo = Bun.which("sudo");
  if (sudo === null) return null;
  return Bun.spawnSync([sudo, "-n", "true"], { stderr: "ignore" }).success ? [sudo, "-n"] : null;
}

function run(command: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync([...command], {
    env: { ...Bun.env, DEBIAN_FRONTEND: "noninteractive" },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    timeout: INSTALL_MS,
  });
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr.toString().trim().slice(-500)}; ${HINT}`);
}

/** The path of a Chromium, which is installed by apt-get if there is none. Throws with what to do where that is not possible. */
export function installChromium(say: (line: string) => void): string {
  const known = findChromium();
  if (known !== null) return known;
  if (Bun.which("apt-get") === null) throw new Error(`there is no Chromium, and no apt-get; ${HINT}`);
  const root = asRoot();
  if (root === null) throw new Error(`there is no Chromium, and this user may not install one; ${HINT}`);
  say(`installing ${PACKAGE} by apt-get`);
  const install = [...root, "apt-get", "install", "--yes", "--no-install-recommends", PACKAGE];
  try {
    run(install);
  } catch {
    // The lists of packages may be missing or too old.
    run([...root, "apt-get", "update"]);
    run(install);
  }
  const path = findChromium();
  if (path === null) throw new Error(`${PACKAGE} is installed, but there is no program of that name; ${HINT}`);
  return path;
}

if (import.meta.main) {
  try {
    console.log(installChromium((line) => console.error(line)));
  } catch (error) {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
}
