import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { originOf, originText, upgradeCommands } from "../../src/install/origin.ts";

/** Where each package manager put the package on Linux, macOS and Windows, and the command that upgrades it. */
const packages: readonly (readonly [root: string, name: string, command: string])[] = [
  ["/usr/lib/node_modules/pawprint", "npm install --global", "npm install --global pawprint@latest"],
  [
    "/usr/lib/node_modules/pawprint/node_modules/pawprint-linux-x64",
    "npm install --global",
    "npm install --global pawprint@latest",
  ],
  [
    "/home/a/.nvm/versions/node/v26.3.0/lib/node_modules/pawprint",
    "npm install --global",
    "npm install --global pawprint@latest",
  ],
  [
    "C:/Users/a/AppData/Roaming/npm/node_modules/pawprint-windows-x64",
    "npm install --global",
    "npm install --global pawprint@latest",
  ],
  ["/home/a/.npm/_npx/1a2b3c/node_modules/pawprint-linux-x64", "npx", "npx --yes pawprint@latest --version"],
  [
    "C:/Users/a/AppData/Local/npm-cache/_npx/1a2b/node_modules/pawprint-windows-x64",
    "npx",
    "npx --yes pawprint@latest --version",
  ],
  ["/tmp/bunx-0-pawprint@latest/node_modules/pawprint", "bunx", "bunx pawprint@latest --version"],
  [
    "/home/a/.bun/install/cache/.bunx-0/pawprint@latest/node_modules/pawprint",
    "bunx",
    "bunx pawprint@latest --version",
  ],
  ["/home/a/.bun/install/global/node_modules/pawprint", "bun add --global", "bun add --global pawprint@latest"],
  [
    "/home/a/.cache/pnpm/dlx/a1/node_modules/.pnpm/pawprint@0.2.0/node_modules/pawprint",
    "pnpm dlx",
    "pnpm dlx pawprint@latest --version",
  ],
  [
    "/home/a/.local/share/pnpm/global/5/.pnpm/pawprint@0.2.0/node_modules/pawprint",
    "pnpm add --global",
    "pnpm add --global pawprint@latest",
  ],
  ["/Users/a/Library/pnpm/global/5/node_modules/pawprint", "pnpm add --global", "pnpm add --global pawprint@latest"],
];

describe("where a copy of the program is from", () => {
  test.each(packages)("%s is from %s", (root, name, command) => {
    const origin = originOf({ root, pets: "/home/a/.claude/pets" }, `${root}/bin/pawprint`);
    expect(origin).toMatchObject({ name, path: root });
    expect(originText(origin)).toBe(`from ${name}, in ${root}`);
    expect(upgradeCommands(origin, "bun", null)).toEqual([command]);
    expect(upgradeCommands(origin, "bun", "install").join("; ")).toMatch(/(?:latest|; pawprint) install$/);
  });

  test("a package in a project's node_modules is upgraded in that project", () => {
    const project = realpathSync(mkdtempSync(join(tmpdir(), "project-")));
    try {
      const root = join(project, "node_modules/pawprint/node_modules/pawprint-linux-x64");
      mkdirSync(dirname(root), { recursive: true });
      writeFileSync(join(project, "package.json"), "{}");
      const origin = originOf({ root, pets: "/p" }, `${root}/bin/pawprint`);
      expect(origin.name).toBe("npm install");
      expect(upgradeCommands(origin, "bun", "install --chain")).toEqual([
        `cd ${project}`,
        "npm install pawprint@latest",
        "npx pawprint install --chain",
      ]);
    } finally {
      rmSync(project, { recursive: true });
    }
  });

  test("a checkout is pulled and built, with the Bun that is there", () => {
    const root = join(import.meta.dir, "../..");
    const origin = originOf({ root, pets: "/p" }, null);
    expect(origin.name).toBe("checkout");
    expect(upgradeCommands(origin, "npx --yes bun@1.4.4", "install")).toEqual([
      `cd ${root}`,
      "git pull",
      "npx --yes bun@1.4.4 run build",
      `npx --yes bun@1.4.4 ${root}/dist/cli.js install`,
    ]);
  });

  test("an executable outside of packages is upgraded in its folder with install.sh", () => {
    const origin = originOf({ root: "/home/a/.local", pets: "/home/a/.claude/pets" }, "/home/a/.local/bin/pawprint");
    expect(originText(origin)).toBe("the executable /home/a/.local/bin/pawprint, as install.sh puts it");
    expect(upgradeCommands(origin, "bun", "install")).toEqual([
      "sh install.sh --from <folder or URL of the release> --dir /home/a/.local/bin",
      "/home/a/.local/bin/pawprint install",
    ]);
  });

  test("a path with spaces or signs of the shell is quoted in commands", () => {
    const program = "/home/a b/$x/bin/pawprint";
    const origin = originOf({ root: "/home/a b/$x", pets: "/p" }, program);
    expect(upgradeCommands(origin, "bun", "install").at(-1)).toBe('"/home/a b/\\$x/bin/pawprint" install');
  });

  test("the copy that install made is recognised by its folder, whatever that is called", () => {
    const pets = "/home/a/node_modules/_npx/pets";
    expect(originOf({ root: pets, pets }, `${pets}/bin/pawprint`).name).toBe("install");
  });
});
