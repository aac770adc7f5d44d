import { describe, expect, test } from "bun:test";
import { version } from "../../../package.json";
import { installedCopyChecks } from "../../../src/commands/doctor/installed-copy.ts";
import { contextOf, harness, type Harness } from "../../install/harness.ts";

/** The checks after an installation, with its record changed; `by` is the version that installed. */
function checksOf(at: Harness, by: string | null): string[] {
  const path = `${at.pets}/install.json`;
  const record = JSON.parse(at.read(path)) as { installed_from: object };
  const installed_from = by === null ? null : { ...record.installed_from, version: by };
  at.write(path, JSON.stringify({ ...record, installed_from }));
  const checks = installedCopyChecks(contextOf({ HOME: at.home }, at.root, {}, []));
  return checks.map(({ name, state, message, remedy }) => `${state} ${name}: ${message}; ${remedy}`);
}

describe("doctor, with the copy that shows the line", () => {
  test.each([
    [null, "an older Pawprint"],
    ["0.1.9", "Pawprint 0.1.9"],
    [`${version}-beta.1`, `Pawprint ${version.replace(/-.*/, "")}`],
  ])("names a version that is older than this one, and the command that upgrades it: %s", async (by, named) => {
    using at = harness();
    at.write(at.settings, '{"statusLine":{"type":"command","command":"echo mine"}}');
    await at.install("chain");
    const [found = "", ...more] = checksOf(at, by);
    expect(more).toEqual([]);
    expect(found).toStartWith(`note version: the line is shown by ${named}`);
    expect(found).toEndWith(`, and this is Pawprint ${version}; run: bun ${at.root}/dist/cli.js install --chain`);
  });

  test.each([version, "99.0.0"])("says nothing of version %s, which is not older", async (by) => {
    using at = harness();
    await at.install();
    expect(checksOf(at, by)).toEqual([]);
  });

  test("says nothing where no line is installed", () => {
    using at = harness();
    expect(installedCopyChecks(contextOf({ HOME: at.home }, at.root, {}, []))).toEqual([]);
  });

  test("reports a record that is damaged, without its path in what may be shared", () => {
    using at = harness();
    at.write(`${at.pets}/install.json`, "{");
    const [found] = installedCopyChecks(contextOf({ HOME: at.home }, at.root, {}, []));
    expect(found).toMatchObject({ state: "broken", name: "install.json", shareable: "file_refused" });
  });
});
