import { main, trap } from "./design.ts";
import { type Json, line, type Response, usage, type World } from "./world.ts";

/** A line that only its uuid identifies, so that reading a file twice can be detected. */
const bare = (r: Response): Json => line(r, { requestId: undefined }, { id: undefined });
const under = (folder: string, session: string): string => main(session).replace(".claude", folder);
const junk = (w: World): Json => line({ ...w.response(), input: 700_000 });

/** One session, in a home that `before` of prepare.ts completes. */
function prepared(name: string, meaning: string, why: string) {
  return trap(name, meaning, why, (w) => {
    const [a, b] = [w.response(), w.response()];
    return { responses: [a, b], files: { [main(w.session)]: [bare(a), bare(b)] } };
  });
}

/** Locations of transcripts, and other files beside them. */
export const places = [
  trap(
    "two-config-dirs-in-a-list",
    "CLAUDE_CONFIG_DIR names two directories, parted by a comma.",
    "issue 3: CLAUDE_CONFIG_DIR may be a list; ccusage documents it",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      return {
        env: { CLAUDE_CONFIG_DIR: "{home}/a,{home}/b" },
        responses: [a, b],
        files: { [under("a", w.sessionOf("1"))]: [line(a)], [under("b", w.sessionOf("2"))]: [line(b)] },
        unspecified: ["bySession"],
      };
    },
  ),
  trap(
    "one-config-dir-listed-twice",
    "The list names one directory in several ways, with spaces, slashes and a directory that is not there.",
    "issue 3: a directory counts once by its real path",
    (w) => {
      const r = w.response();
      return {
        env: { CLAUDE_CONFIG_DIR: "{home}/a, {home}/a/ ,{home}/none,{home}/b/../a" },
        responses: [r],
        files: { [under("a", w.session)]: [bare(r)], "b/settings.json": "{}" },
      };
    },
  ),
  trap(
    "config-dir-instead-of-home",
    "CLAUDE_CONFIG_DIR names one directory: what lies in ~/.claude is another account's and not asked for.",
    "issue 3; readers that always add ~/.claude mix two accounts",
    (w) => {
      const r = w.response();
      return {
        env: { CLAUDE_CONFIG_DIR: "{home}/work" },
        responses: [r],
        files: { [under("work", w.session)]: [line(r)], [main(w.sessionOf("private"))]: [junk(w)] },
      };
    },
  ),
  trap(
    "both-default-dirs",
    "Some sessions lie in ~/.config/claude, where versions of 2025 put them, others in ~/.claude.",
    "issue 3; ccusage documents both",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      return {
        responses: [a, b],
        files: { [main(w.sessionOf("1"))]: [line(a)], [under(".config/claude", w.sessionOf("2"))]: [line(b)] },
        unspecified: ["bySession"],
      };
    },
  ),
  trap(
    "session-in-two-accounts",
    "A session was copied from one account's directory to another's and went on there.",
    "two accounts on one machine; ccusage#1762",
    (w) => {
      const [a, b, c] = [w.response(), w.response(), w.response()];
      return {
        env: { CLAUDE_CONFIG_DIR: "{home}/a,{home}/b" },
        responses: [a, b, c],
        files: { [under("a", w.session)]: [line(a), line(b)], [under("b", w.session)]: [line(a), line(b), line(c)] },
      };
    },
  ),
  trap(
    "neighbours-of-transcripts",
    "Backups, parts and other kinds of files lie beside a transcript; only .jsonl files are transcripts.",
    "facts §5: .meta.json; editors leave .bak, ~ and .swp",
    (w) => {
      const r = w.response();
      const names = [".jsonl.bak", ".jsonl~", ".json", ".meta.json", ".txt", ".jsonl.tmp", ".ndjson", "jsonl"];
      return {
        responses: [r],
        files: {
          [main(w.session)]: [line(r)],
          ...Object.fromEntries(names.map((end) => [main(w.sessionOf(end)).replace(/\.jsonl$/, end), [junk(w)]])),
        },
      };
    },
  ),
  trap(
    "transcripts-outside-projects",
    "Other folders of the data directory hold .jsonl files with usage: history, todos, a backup of projects.",
    "~/.claude/history.jsonl and backups; only projects holds transcripts",
    (w) => {
      const r = w.response();
      return {
        responses: [r],
        files: {
          [main(w.session)]: [line(r)],
          ".claude/history.jsonl": [junk(w)],
          ".claude/backups/projects/x/a.jsonl": [junk(w)],
          ".claude/todos/a.jsonl": [junk(w)],
        },
      };
    },
  ),
  trap(
    "empty-files",
    "Transcripts of no bytes, of one newline and of a session without any answer lie beside others.",
    'facts §5: `-p "/usage"` leaves a session of user lines only',
    (w) => {
      const r = w.response();
      const silent: Json = { type: "mode", mode: "normal", sessionId: w.sessionOf("silent") };
      return {
        responses: [r],
        files: {
          [main(w.sessionOf("0-empty"))]: "",
          [main(w.sessionOf("1-line"))]: "\n",
          [main(w.sessionOf("2-silent"))]: [silent],
          [main(w.session)]: [line(r)],
        },
      };
    },
  ),
  trap(
    "folder-named-like-a-transcript",
    "A folder's name ends in .jsonl; it is no transcript but holds one.",
    "issue 3: every depth; readers that open it stop with an error",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      return {
        responses: [a, b],
        files: {
          [main(w.session)]: [line(a)],
          [`.claude/projects/-home-dev-work-x/old.jsonl/${w.sessionOf("1")}.jsonl`]: [line(b)],
        },
        unspecified: ["bySession"],
      };
    },
  ),
  trap(
    "names-of-all-kinds",
    "Folders and files have names with spaces, other scripts, brackets, a leading dash and no session id.",
    "globs take brackets and braces for patterns",
    (w) => {
      const [a, b, c] = [w.response(), w.response(), w.response()];
      const root = ".claude/projects";
      return {
        responses: [a, b, c],
        files: {
          [`${root}/-home-dev-работа [x]/мой день.jsonl`]: [line(a)],
          [`${root}/{a,b}/--help.jsonl`]: [line(b)],
          [`${root}/-home-dev-日本/${w.session}.jsonl`]: [line(c)],
        },
      };
    },
  ),
  trap(
    "every-depth",
    "A transcript lies at the top of projects and another six folders deep.",
    "issue 3: every depth",
    (w) => {
      const [a, b] = [w.response(), w.response()];
      return {
        responses: [a, b],
        files: {
          [`.claude/projects/${w.session}.jsonl`]: [line(a)],
          [`.claude/projects/p/s/subagents/workflows/run/phase/agent-a1.jsonl`]: [
            line(b, { isSidechain: true, agentId: "a1" }),
          ],
        },
      };
    },
  ),
  trap(
    "usage-of-other-programs",
    "A desktop program and another assistant keep files of the same kind elsewhere in the home.",
    "readers that search the home for .jsonl",
    (w) => {
      const r = w.response();
      return {
        responses: [r],
        files: {
          [main(w.session)]: [line(r)],
          ".claude.json": JSON.stringify({
            projects: {
              "/home/dev/work/x": { lastModelUsage: { [r.model]: { inputTokens: 900_000 } }, usage: usage(r) },
            },
          }),
          "projects/x/a.jsonl": [junk(w)],
        },
      };
    },
  ),
  prepared(
    "project-linked-twice",
    "A symbolic link beside a project's folder leads to the same folder; the messages have no ids.",
    "issue 3: symlinked directories once by real path",
  ),
  prepared(
    "link-in-a-circle",
    "A symbolic link in a project's folder leads back to projects; the messages have no ids.",
    "readers that follow links never end, or count each round",
  ),
  prepared(
    "projects-is-a-link",
    "~/.claude/projects is a symbolic link to another disk.",
    "dotfile managers and small disks; readers that do not follow links find nothing",
  ),
  prepared(
    "transcript-is-a-link",
    "A transcript is a symbolic link to a file elsewhere, and a link to nothing lies beside it.",
    "dotfile managers (stow) link single files",
  ),
  prepared(
    "hard-linked-transcript",
    "A backup program made a second name for the same file in another project's folder; the messages have no ids.",
    "hard links have one inode and two paths",
  ),
  prepared(
    "pipe-named-like-a-transcript",
    "A named pipe lies among the transcripts; who opens it waits for ever.",
    "issue 3: nothing stops the scan",
  ),
  prepared(
    "file-that-may-not-be-read",
    "A transcript belongs to another user and cannot be read; the others count.",
    "issue 3: nothing stops the scan; sudo leaves such files",
  ),
  prepared(
    "line-of-22-megabytes",
    "A line of 22 MB stands between two responses.",
    "issue 3: lines of 100 MB lose no neighbour",
  ),
  prepared(
    "file-that-looks-old",
    "A restored backup gave the transcript a time of change in 2020; its lines are new.",
    "readers that skip files by their time of change",
  ),
];
