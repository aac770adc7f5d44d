import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

type Change = (home: string) => void;

/** Preparations that cannot be committed with a home, and changes to it between two scans. */
export interface Steps {
  /** Why this is not possible on this machine, or null. */
  readonly cannot?: () => string | null;
  readonly before?: Change;
  readonly later?: readonly Change[];
  /** Undoes changes that would prevent removing the home. */
  readonly after?: Change;
}

const projects = (home: string): string => join(home, ".claude", "projects");
const project = (home: string): string => join(projects(home), "-home-dev-work-x");

/** The transcript of the trap's session, the only file of its project. */
function transcript(folder: string): string {
  const name = readdirSync(folder).find((name) => name.endsWith(".jsonl"));
  if (name === undefined) throw new Error(`no transcript in ${folder}`);
  return join(folder, name);
}

const brought = (home: string, n: number): Buffer => readFileSync(join(home, "later", String(n)));
const append =
  (n: number): Change =>
  (home) =>
    appendFileSync(transcript(project(home)), brought(home, n));

/** Replaces a file by another one, as programs that write atomically do. */
function replace(path: string, bytes: string | Uint8Array): void {
  writeFileSync(`${path}.new`, bytes);
  renameSync(`${path}.new`, path);
}

/** Changes a file and restores its modification time. */
function keepingTime(path: string, change: () => void): void {
  const { atime, mtime } = statSync(path);
  change();
  utimesSync(path, atime, mtime);
}

const noWindows = (): string | null => (process.platform === "win32" ? "Windows has no such files" : null);

/** Steps by name of the trap. */
export const steps: Readonly<Record<string, Steps>> = {
  "project-linked-twice": {
    before: (home) => symlinkSync(project(home), join(projects(home), "-home-dev-work-link"), "dir"),
  },
  "link-in-a-circle": { before: (home) => symlinkSync(projects(home), join(project(home), "round"), "dir") },
  "projects-is-a-link": {
    before: (home) => {
      renameSync(projects(home), join(home, "disk"));
      symlinkSync(join(home, "disk"), projects(home), "dir");
    },
  },
  "transcript-is-a-link": {
    before: (home) => {
      const path = transcript(project(home));
      mkdirSync(join(home, "disk"));
      renameSync(path, join(home, "disk", "a.jsonl"));
      symlinkSync(join(home, "disk", "a.jsonl"), path);
      symlinkSync(join(home, "disk", "gone.jsonl"), join(dirname(path), "gone.jsonl"));
    },
  },
  "hard-linked-transcript": {
    before: (home) => {
      mkdirSync(join(projects(home), "-home-dev-work-y"));
      linkSync(transcript(project(home)), join(projects(home), "-home-dev-work-y", "same.jsonl"));
    },
  },
  "pipe-named-like-a-transcript": {
    cannot: noWindows,
    before: (home) => {
      const made = Bun.spawnSync(["mkfifo", join(project(home), "00000000-pipe.jsonl")]);
      if (!made.success) throw new Error(made.stderr.toString());
    },
  },
  "file-that-may-not-be-read": {
    cannot: () => noWindows() ?? (process.getuid?.() === 0 ? "root may read everything" : null),
    before: (home) => {
      const path = join(project(home), "00000000-locked.jsonl");
      writeFileSync(path, readFileSync(transcript(project(home))));
      chmodSync(path, 0);
    },
  },
  "line-of-22-megabytes": {
    before: (home) => {
      const path = transcript(project(home));
      const lines = readFileSync(path, "utf8").trimEnd().split("\n");
      const prompt = JSON.parse(lines[0] ?? "{}") as Record<string, unknown>;
      const content = [{ tool_use_id: "toolu_01Trap", type: "tool_result", content: '"usage":{'.repeat(2_000_000) }];
      const result = { ...prompt, message: { role: "user", content } };
      writeFileSync(path, [...lines.slice(0, -1), JSON.stringify(result), ...lines.slice(-1), ""].join("\n"));
    },
  },
  "file-that-looks-old": { before: (home) => utimesSync(transcript(project(home)), 1.58e9, 1.58e9) },
  "read-twice": { later: [() => {}] },
  "grows-by-half-lines": { later: [append(1), append(2)] },
  "grows-in-the-middle-of-a-letter": {
    later: [0, 1].map((part) => (home) => {
      const bytes = brought(home, 1);
      const cut = bytes.indexOf("дом") + 3;
      appendFileSync(transcript(project(home)), part === 0 ? bytes.subarray(0, cut) : bytes.subarray(cut));
    }),
  },
  "partial-seen-final-later": { later: [append(1)] },
  "moved-between-scans": {
    later: [
      (home) => {
        const moved = join(projects(home), "-home-dev-work-moved");
        renameSync(project(home), moved);
        appendFileSync(transcript(moved), brought(home, 1));
      },
    ],
  },
  "copied-between-scans": {
    later: [(home) => writeFileSync(join(project(home), "00000000-fork.jsonl"), brought(home, 1))],
  },
  "replaced-by-a-shorter-file": { later: [(home) => replace(transcript(project(home)), brought(home, 1))] },
  "grown-with-an-old-time": { later: [(home) => keepingTime(transcript(project(home)), () => append(1)(home))] },
  "replaced-by-the-same-size": {
    later: [
      (home) => {
        const path = transcript(project(home));
        keepingTime(path, () => replace(path, brought(home, 1)));
      },
    ],
  },
  "deleted-after-thirty-days": { later: [(home) => rmSync(transcript(project(home)))] },
};
