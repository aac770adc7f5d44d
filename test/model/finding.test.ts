import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { changesBetween, identityOf } from "../../src/model/finding.ts";
import { parseReport } from "../../src/claude/report.ts";
import type { Finding } from "../../src/model/finding.ts";
import { diagnose } from "../../src/monitoring/diagnose.ts";

const recorded = join(import.meta.dir, "../fixtures/diagnostics/recorded");
const found = (message: string, details: Finding["details"] = {}): Finding => ({
  type: "other",
  severity: "warning",
  message,
  details,
});
const same = (one: string, two: string): boolean => identityOf(found(one)) === identityOf(found(two));
const states = (before: readonly string[], after: readonly string[]): string[] =>
  changesBetween(
    before.map((message) => found(message)),
    after.map((message) => found(message)),
  ).map(({ state, finding }) => `${state} ${finding.message}`);

describe("the identity of a finding", () => {
  test.each([
    ["API: answered HTTP 200 in 7 ms", "API: answered HTTP 503 in 1,204.5 ms"],
    ["Sign-in: failed after 3 ms: ENOTFOUND", "Sign-in: failed after 2.5 s: ENOTFOUND"],
    [
      "Large CLAUDE.md will impact performance (45.2k chars > 40.0k)",
      "Large CLAUDE.md will impact performance (61k chars > 40.0k)",
    ],
    ["Instruction files: 9 files, 12,345 chars in total", "Instruction files: 10 files, 99,001 chars in total"],
    ["Latest version: 2.1.328", "Latest version: 2.2.0-beta.1"],
    ["Leftover at /home/user/.nvm/versions/node/v20.11.0/bin", "Leftover at /home/user/.nvm/versions/node/v22.1.0/bin"],
    [
      "Last update attempt: failed (EACCES) — 2026-11-20",
      "Last update attempt: failed (EACCES) — 2026-12-01T10:00:00.000Z",
    ],
    ["failed on Nov 20, 2026 at 1:39pm", "failed on Dec 1, 2026 at 11:02 am"],
    [
      "The daemon (pid 4711) does not answer at 127.0.0.1:36501",
      "The daemon (pid 12) does not answer at 127.0.0.1:8791",
    ],
    ["Stale socket /tmp/cc-socks/14663.sock", "Stale socket /tmp/cc-socks/9.sock".replace("9", "28530")],
    [
      "Session 0b6fcc5b-45e2-4bb9-8cbc-9e3144ffa62f has no owner",
      "Session eb32c392-69ab-4ba7-af17-e0165c24f18c has no owner",
    ],
    ["disk is 91 % full, 12 GB free", "disk is 93 % full, 900 MB free"],
    ["retried 3/5 times", "retried 4/5 times"],
  ])("the identity stays the same in %p with other numbers", (one, two) => {
    expect(same(one, two)).toBe(true);
  });

  test.each([
    ["/home/user/a1/settings.json › model: Expected string", "/home/user/a2/settings.json › model: Expected string"],
    ['Invalid permission rule "Bash(sleep 5)" was skipped', 'Invalid permission rule "Bash(sleep 10)" was skipped'],
    ["claude-opus-4-6 is retired", "claude-opus-4-5 is retired"],
    ["permissions.deny[0]: Expected string", "permissions.deny[1]: Expected string"],
    ["x_1 is bound twice", "x_2 is bound twice"],
  ])("the identity changes in %p with another name", (one, two) => {
    expect(same(one, two)).toBe(false);
  });

  const reports = readdirSync(recorded).filter((name) => name.endsWith(".txt"));
  test.each(reports)("the identity of every finding in %s survives other numbers", (name) => {
    const findings = diagnose(parseReport(readFileSync(join(recorded, name), "utf8")));
    for (const finding of findings) {
      // Standalone numbers, outside of text that the user wrote.
      const message = finding.message
        .split(/("[^"]*")/)
        .map((part, index) => (index % 2 === 1 ? part : part.replaceAll(/(?<![\w./-])\d+(?:\.\d+)*\b(?![-_])/g, "777")))
        .join("");
      expect(identityOf({ ...finding, message })).toBe(identityOf(finding));
    }
  });

  test("computing an identity takes linear time, even for text of numbers only", () => {
    for (const piece of ["1", "1.", "1:", "1 ", "/1", "1,", "v1.", "2026-", "port:"])
      identityOf(found(piece.repeat(50_000)));
  });
});

describe("changes between two checks", () => {
  test("there is no event if only a measured number differs", () => {
    expect(states(["API: failed after 7 ms"], ["API: failed after 12 ms"])).toEqual([]);
  });

  test("a different size or count is a changed finding", () => {
    expect(states(["CLAUDE.md has 45k chars"], ["CLAUDE.md has 61k chars"])).toEqual([
      "changed CLAUDE.md has 61k chars",
    ]);
    expect(
      changesBetween([found("a", { size: "1k" })], [found("a", { size: "2k" })]).map(({ state }) => state),
    ).toEqual(["changed"]);
  });

  test("no finding is lost if several share an identity", () => {
    const [one, two, three] = ["Leftover at /v1.0.0", "Leftover at /v2.0.0", "Leftover at /v3.0.0"] as const;
    expect(states([], [one, two])).toEqual([`appeared ${one}`, `appeared ${two}`]);
    expect(states([one, two], [one, two])).toEqual([]);
    expect(states([one], [one, two])).toEqual([`appeared ${two}`]);
    expect(states([one, two], [two, three])).toEqual([`appeared ${three}`, `resolved ${one}`]);
    expect(new Set(changesBetween([], [found(one), found(two)]).map(({ key }) => key)).size).toBe(2);
  });

  test("findings that differ in a name are one that appeared and one that was resolved", () => {
    expect(states(["a is broken"], ["b is broken"])).toEqual(["appeared b is broken", "resolved a is broken"]);
  });
});
