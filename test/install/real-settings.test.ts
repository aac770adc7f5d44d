import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { settingsInEffect } from "../../src/install/claude-settings.ts";
import { environment } from "../../src/utils/config.ts";
import { placesOf } from "../../src/utils/paths.ts";
import { API_KEY, writeFalseHome } from "../campaigns/e2e/false-home.ts";
import { CLAUDE_VERSION } from "../campaigns/e2e/claude.ts";
import { removeTemporaries, temporary } from "../monitoring/fake-claude.ts";

setDefaultTimeout(60_000);
afterAll(removeTemporaries);
const program = environment()["PAWPRINT_CLAUDE"] ?? "";
const line = (name: string) => ({ statusLine: { type: "command", command: `echo ${name}` } });
const OFF = { disableAllHooks: true };

/** Settings files by their path below a home, and the session's folder; the repository, if there is one, is "proj". */
const cases: Readonly<Record<string, { files: Record<string, unknown>; folder?: string; git?: true }>> = {
  "the user's alone": { files: {} },
  "a project's": { files: { "proj/.claude/settings.json": line("project") } },
  "a project's, from a folder below it": {
    files: { "proj/.claude/settings.json": line("project"), "proj/.claude/settings.local.json": OFF },
    folder: "proj/sub",
  },
  "local ones over a project's": {
    files: {
      "proj/.claude/settings.json": { ...line("project"), ...OFF },
      "proj/.claude/settings.local.json": line("local"),
    },
  },
  "local ones of the repository, from a folder below it": {
    files: {
      "proj/.claude/settings.local.json": line("local"),
      "proj/sub/.claude/settings.local.json": { ...line("sub"), ...OFF },
    },
    folder: "proj/sub",
    git: true,
  },
  "local ones of the repository, from a worktree": {
    files: { "proj/.claude/settings.local.json": line("local"), "proj/.claude/settings.json": OFF },
    folder: "tree",
    git: true,
  },
  "those of a home directory that is asked about itself": { files: {}, folder: "." },
  "comments in the user's": {
    files: { ".claude/settings.json": `{ // mine\n${JSON.stringify(line("user")).slice(1)}` },
  },
  "a comma too many in a project's": {
    files: { "proj/.claude/settings.json": `${JSON.stringify(OFF).slice(0, -1)},}` },
  },
  "a wrong type in a project's": {
    files: { "proj/.claude/settings.json": { disableAllHooks: "true", ...line("project") } },
  },
  "a byte order mark": { files: { ".claude/settings.json": `\uFEFF${JSON.stringify(line("marked"))}` } },
  "nothing in a local file": { files: { "proj/.claude/settings.local.json": " " } },
};

/** The settings in effect according to Claude Code itself. */
async function settingsOfProgram(
  home: string,
  folder: string,
): Promise<{ command: string | null; off: boolean | null }> {
  const child = Bun.spawn(
    [program, "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"],
    {
      cwd: folder,
      env: {
        PATH: environment()["PATH"] ?? "",
        HOME: home,
        ANTHROPIC_API_KEY: API_KEY,
        ANTHROPIC_BASE_URL: "http://127.0.0.1:9",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        DISABLE_AUTOUPDATER: "1",
      },
      stdio: [
        new Blob(['{"type":"control_request","request_id":"1","request":{"subtype":"get_settings"}}\n']),
        "pipe",
        "ignore",
      ],
      timeout: 30_000,
    },
  );
  const answer = (await child.stdout.text()).split("\n").find((text) => text.includes("control_response")) ?? "{}";
  const { response } =
    (JSON.parse(answer) as { response?: { response?: { effective?: Record<string, unknown> } } }).response ?? {};
  const effective = response?.effective;
  if (!effective) throw new Error(`no answer: ${answer.slice(0, 300)}`);
  const shown = effective["statusLine"] as { command?: string } | undefined;
  return { command: shown?.command ?? null, off: (effective["disableAllHooks"] as boolean | undefined) ?? null };
}

describe.skipIf(program === "")("settings read by the real claude (PAWPRINT_CLAUDE)", () => {
  test.each(Object.entries(cases))(
    "settings are read as claude reads them: %s",
    async (_, { files, folder = "proj", git }) => {
      const root = realpathSync(temporary("real-settings-"));
      const { home } = writeFalseHome(root, CLAUDE_VERSION, "api key", Date.now());
      for (const [path, content] of Object.entries({ ".claude/settings.json": line("user"), ...files })) {
        mkdirSync(dirname(join(home, path)), { recursive: true });
        writeFileSync(join(home, path), typeof content === "string" ? content : JSON.stringify(content));
      }
      mkdirSync(join(home, "proj/sub"), { recursive: true });
      if (git) {
        const author = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        for (const args of [
          ["init", "-q"],
          [...author, "commit", "-q", "--allow-empty", "-m", "x"],
          ["worktree", "add", "-q", join(home, "tree")],
        ])
          Bun.spawnSync(["git", "-C", join(home, "proj"), ...args]);
      }
      const settings = settingsInEffect(placesOf({ HOME: home }, root), join(home, folder));
      const ours = {
        command: settings.findLast(({ command }) => command !== null)?.command ?? null,
        off: settings.findLast(({ disableAllHooks }) => disableAllHooks !== null)?.disableAllHooks ?? null,
      };
      expect(ours).toEqual(await settingsOfProgram(home, join(home, folder)));
    },
  );
});

test.skipIf(program !== "")(
  "settings are not compared with the real claude: set PAWPRINT_CLAUDE to its path",
  () => {},
);
