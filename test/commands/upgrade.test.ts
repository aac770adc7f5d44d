import { describe, expect, test } from "bun:test";
import { version } from "../../package.json";
import { upgrade } from "../../src/commands/upgrade.ts";
import { contextOf, harness, type Harness } from "../install/harness.ts";

/** What `upgrade` prints from the checkout, or from the copy in another directory. */
async function shown(at: Harness, root = at.root, options: Record<string, true> = {}): Promise<string[]> {
  const lines: string[] = [];
  expect(await upgrade.run(contextOf({ HOME: at.home }, root, options, lines))).toBe(0);
  return lines;
}

describe("upgrade", () => {
  test("from a checkout without a line, prints how to upgrade the checkout, and changes nothing", async () => {
    using at = harness();
    const before = at.state();
    expect(await shown(at)).toEqual([
      `this is Pawprint ${version}: a checkout in ${at.root}`,
      "to upgrade it, run:",
      `  cd ${at.root}`,
      "  git pull",
      "  bun run build",
      "no network was used, so this does not say whether there is a newer version",
    ]);
    expect(at.state()).toEqual(before);
  });

  test("also prints how to upgrade the copy that shows the line, as that one was installed", async () => {
    using at = harness();
    at.write(at.settings, '{"statusLine":{"type":"command","command":"echo mine"}}');
    await at.install("chain");
    const lines = await shown(at);
    expect(lines).toContain(
      `the line is shown by a copy in ${at.pets}/bin, installed by Pawprint ${version}: a checkout in ${at.root}`,
    );
    expect(lines).toContain("to upgrade it and the copy that shows the line, run:");
    expect(lines).toContain(`  bun ${at.root}/dist/cli.js install --chain`);
  });

  test("from the copy that shows the line, prints how to upgrade what it was installed from", async () => {
    using at = harness();
    await at.install();
    const lines = await shown(at, at.pets);
    expect(lines.slice(0, 3)).toEqual([
      `this is Pawprint ${version}: the copy in ${at.pets}/bin that shows the line`,
      `it was installed by Pawprint ${version}: a checkout in ${at.root}`,
      "to upgrade it, run:",
    ]);
    expect(lines).toContain(`  bun ${at.root}/dist/cli.js install`);
  });

  test("says that a copy installed by an older version does not record where it is from", async () => {
    using at = harness();
    await at.install();
    const record = `${at.pets}/install.json`;
    const { installed_from: _, ...older } = JSON.parse(at.read(record)) as Record<string, unknown>;
    at.write(record, JSON.stringify(older));
    const lines = await shown(at, at.pets);
    expect(lines[1]).toBe(
      "install.json does not record where it is from; run install from a newer copy, as the first one was installed",
    );
    expect(lines.join("\n")).not.toContain("to upgrade");
  });

  test("prints the same as JSON", async () => {
    using at = harness();
    await at.install();
    expect(JSON.parse((await shown(at, at.root, { json: true }))[0] ?? "")).toEqual({
      version,
      from: { name: "checkout", path: at.root },
      line: { directory: `${at.pets}/bin`, from: { name: "checkout", path: at.root, version } },
      commands: [`cd ${at.root}`, "git pull", "bun run build", `bun ${at.root}/dist/cli.js install`],
    });
  });

  test("an installation from another copy records that one", async () => {
    using at = harness();
    await at.install();
    const from = (): unknown =>
      (JSON.parse(at.read(`${at.pets}/install.json`)) as Record<string, unknown>)["installed_from"];
    expect(from()).toEqual({ name: "checkout", path: at.root, version });
    at.write(`${at.pets}/install.json`, at.read(`${at.pets}/install.json`).replace('"checkout"', '"npx"'));
    await at.install();
    expect(from()).toEqual({ name: "checkout", path: at.root, version });
  });
});
