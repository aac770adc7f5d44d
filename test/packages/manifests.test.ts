import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import own from "../../package.json";
import { mainManifest, platformManifest } from "../../src/packages/manifests.ts";
import { platformOf, platforms } from "../../src/packages/platforms.ts";

const root = join(import.meta.dir, "../..");
const read = (name: string): string => readFileSync(join(root, name), "utf8");

describe("the version", () => {
  test("is that of the first heading in CHANGELOG.md, released or not", () => {
    expect(/^## (\S+) - (?:unreleased|\d{4}-\d{2}-\d{2})$/m.exec(read("CHANGELOG.md"))?.[1]).toBe(own.version);
  });

  test("is the one that install.sh installs", () => {
    expect(/^VERSION=(.*)$/m.exec(read("data/deploy/install.sh"))?.[1]).toBe(own.version);
  });

  test("of Bun is one everywhere", () => {
    const oldest = own.engines.bun.replace(">=", "");
    expect(own.scripts.prepack).toContain(`bun@${oldest} `);
    expect(own.devDependencies["bun-types"]).toBe(oldest);
    expect(read("data/deploy/install.sh").match(/Bun \d[\d.]*\d/g)).toEqual([`Bun ${oldest}`, `Bun ${oldest}`]);
  });
});

describe("the published packages", () => {
  test("the main package depends on all platforms' packages of the same version, and on nothing else", () => {
    expect(mainManifest).toMatchObject({ name: "pawprint", engines: { node: ">=18" }, bin: own.bin });
    expect(mainManifest["optionalDependencies"]).toEqual(
      Object.fromEntries(
        "linux-x64 linux-arm64 linux-x64-musl linux-arm64-musl darwin-x64 darwin-arm64 windows-x64"
          .split(" ")
          .map((name) => [`pawprint-${name}`, own.version]),
      ),
    );
    for (const name of ["dependencies", "devDependencies", "scripts", "private"])
      expect(mainManifest).not.toHaveProperty(name);
  });

  test("npm can choose the package of a platform by its system, processor and C library", () => {
    expect(
      platformManifest(platforms.find(({ name }) => name === "linux-arm64-musl") ?? expect.unreachable()),
    ).toMatchObject({
      name: "pawprint-linux-arm64-musl",
      version: own.version,
      os: ["linux"],
      cpu: ["arm64"],
      libc: ["musl"],
    });
    const choices = platforms.map(platformManifest).map(({ os, cpu, libc }) => JSON.stringify([os, cpu, libc ?? null]));
    expect(new Set(choices).size).toBe(platforms.length);
    for (const { os, cpu, libc, name } of platforms) expect(platformOf(os, cpu, libc)?.name).toBe(name);
  });

  test("npm pack takes the bundle, the licence and the pages, and no sources, tests or fixtures", async () => {
    const packer = Bun.spawn([process.execPath, "pm", "pack", "--dry-run", "--ignore-scripts"], {
      cwd: root,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const files = [...(await packer.stdout.text()).matchAll(/^packed \S+ (.+)$/gm)].map(([, path = ""]) => path);
    expect(files).toEqual(expect.arrayContaining(["package.json", "README.md", "LICENSE", "CHANGELOG.md"]));
    expect(
      files.filter((path) => !/^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/[\w.-]+)$/.test(path)),
    ).toEqual([]);
  });
});
