import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { diagnose, reportOf } from "../../src/monitoring/diagnose.ts";
import { fake, removeTemporaries, temporary, well } from "./fake-claude.ts";

setDefaultTimeout(20_000);
afterAll(removeTemporaries);
const STATUS = { usage: false, status: true };

describe("what doctor is kept from", () => {
  const quiet = "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC";
  const note = (name: string): string => `printf '%s' "$${quiet}" > "$FAKE/quiet-${name}"`;
  const report = (path: string): string => `printf '%s\\n' 'Claude Code doctor' '' 'Running: npm-global (2.1.332)' \
    'Path: ${path}/node_modules/@anthropic-ai/claude-code-linux-x64/claude' 'Config install method: global' \
    'Auto-updates: disabled (set by env: ${quiet})' '' 'No installation issues found.'`;

  test("is every request to the provider; usage is asked for without that, or it would be an hour old", async () => {
    const program = fake({
      control: `${note("control")}; ${well.control}`,
      auth: `${note("auth")}; ${well.auth}`,
      doctor: `${note("doctor")}; ${well.doctor}`,
    });
    await program.ask();
    const seen = ["control", "auth", "doctor"].map((name) => program.file(`quiet-${name}`));
    expect(seen).toEqual(["", "", "1"]);
  });

  test("makes it call automatic updates disabled, which is not taken for what the user has", async () => {
    for (const [path, found] of [
      ["/nowhere/lib", ["permission_warning"]],
      [temporary("npm-global-"), []],
    ] as const) {
      if (found.length === 0) mkdirSync(`${path}/node_modules`);
      const { status } = await fake({ doctor: report(path) }).ask(STATUS);
      expect(status?.updates_writable).toBe(found.length === 0);
      if (status) expect(diagnose(reportOf(status)).map(({ type }) => type)).toEqual([...found]);
    }
  });

  test("costs no warning where the program lies in no npm folder that could be looked at", async () => {
    const native = report("/nowhere/lib")
      .replace("npm-global (", "native (")
      .replace("method: global", "method: native");
    const { status } = await fake({ doctor: native }).ask(STATUS);
    expect(status).toHaveProperty("updates_writable", null);
    if (status) expect(diagnose(reportOf(status)).map(({ type }) => type)).toEqual([]);
  });

  test("is what the user set himself: then updates are disabled indeed", async () => {
    const { status } = await fake({ doctor: report("/nowhere/lib") }).ask(STATUS, { env: { [quiet]: "1" } });
    expect(status).not.toHaveProperty("updates_writable");
    if (status) expect(diagnose(reportOf(status)).map(({ type }) => type)).toEqual(["auto_updates_disabled"]);
  });
});
