import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { diagnose, reportOf } from "../../src/monitoring/diagnose.ts";
import { fakeClaude, removeTemporaries, temporary, workingPieces } from "./fake-claude.ts";

setDefaultTimeout(20_000);
afterAll(removeTemporaries);
const STATUS = { usage: false, status: true };

describe("the variable that disables nonessential traffic", () => {
  const variable = "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC";
  const saveVariable = (name: string): string => `printf '%s' "$${variable}" > "$FAKE/variable-${name}"`;
  const report = (path: string): string => `printf '%s\\n' 'Claude Code doctor' '' 'Running: npm-global (2.1.332)' \
    'Path: ${path}/node_modules/@anthropic-ai/claude-code-linux-x64/claude' 'Config install method: global' \
    'Auto-updates: disabled (set by env: ${variable})' '' 'No installation issues types.'`;

  test("is set only for doctor, so that it sends no request; with it usage could be an hour old", async () => {
    const program = fakeClaude({
      control: `${saveVariable("control")}; ${workingPieces.control}`,
      auth: `${saveVariable("auth")}; ${workingPieces.auth}`,
      doctor: `${saveVariable("doctor")}; ${workingPieces.doctor}`,
    });
    await program.ask();
    const values = ["control", "auth", "doctor"].map((name) => program.file(`variable-${name}`));
    expect(values).toEqual(["", "", "1"]);
  });

  test("makes doctor report automatic updates as disabled, which is not recorded as a finding", async () => {
    for (const [path, types] of [
      ["/nowhere/lib", ["permission_warning"]],
      [temporary("npm-global-"), []],
    ] as const) {
      if (types.length === 0) mkdirSync(`${path}/node_modules`);
      const { status } = await fakeClaude({ doctor: report(path) }).ask(STATUS);
      expect(status?.updates_writable).toBe(types.length === 0);
      if (status) expect(diagnose(reportOf(status)).map(({ type }) => type)).toEqual([...types]);
    }
  });

  test("does not warn if the program is not in an npm folder, so that its permissions cannot be checked", async () => {
    const native = report("/nowhere/lib")
      .replace("npm-global (", "native (")
      .replace("method: global", "method: native");
    const { status } = await fakeClaude({ doctor: native }).ask(STATUS);
    expect(status).toHaveProperty("updates_writable", null);
    if (status) expect(diagnose(reportOf(status)).map(({ type }) => type)).toEqual([]);
  });

  test("gives the finding auto_updates_disabled if the user set it", async () => {
    const { status } = await fakeClaude({ doctor: report("/nowhere/lib") }).ask(STATUS, { env: { [variable]: "1" } });
    expect(status).not.toHaveProperty("updates_writable");
    if (status) expect(diagnose(reportOf(status)).map(({ type }) => type)).toEqual(["auto_updates_disabled"]);
  });
});
