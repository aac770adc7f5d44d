import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type Campaign, inParallel, Tally } from "./campaign.ts";
import { type Desk, type Ended, freshDesk, letPausePass } from "./desk.ts";
import { does, type Means, means, NOBODY } from "./means.ts";
import { whoStays } from "./processes.ts";

/** Things planted where our files belong. */
export const planted: Campaign = {
  name: "planted",
  promise: "nothing is written through what was planted in the log directory, nothing hangs, and the line is shown",
  isLinuxOnly: true,
  async run(scale) {
    const tally = new Tally();
    const have = means();
    const cases = targets
      .flatMap((target) => kinds.map((kind) => ({ target, kind })))
      .filter(({ target, kind }) => !(kind.isForFiles && target.isDirectory));
    const chosen = scale === "full" ? cases : cases.filter((_, index) => index % 7 === 3);
    await inParallel(chosen.length, 6, async (index) => {
      const { target, kind } = chosen[index] as (typeof cases)[number];
      const name = `${kind.name} at ${target.name}`;
      await plant(tally, name, target, kind, have).catch((error: unknown) =>
        tally.check(name, false, Bun.inspect(error)),
      );
    });
    tally.figure("plants", chosen.length);
    await settingsFifo(tally);
    await throughLink(tally);
    return tally;
  },
};

/** A file or directory of the log; `isDirectory` says which. */
interface Target {
  readonly name: string;
  readonly isDirectory?: boolean;
  /** It may have been there before us: its mode is not ours to change, only what lies in it is. */
  readonly keepsMode?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
  pathIn(desk: Desk): string;
}

const hybrid = { PET_LOG_STORAGE_TYPE: "hybrid" };
const SESSION = "planted-session";
const document = { session_id: SESSION };

const targets: readonly Target[] = [
  ...["usage.jsonl", "status.jsonl", "diagnostics.jsonl", "pawprint.log"].map((name): Target => ({
    name,
    pathIn: ({ logs }) => join(logs, name),
  })),
  { name: "usage.db", settings: hybrid, pathIn: ({ logs }) => join(logs, "usage.db") },
  { name: "worker.lock", pathIn: ({ files }) => files.lock },
  { name: "state", pathIn: ({ files }) => files.state },
  { name: "memory", pathIn: ({ files }) => files.memory },
  { name: "salt", settings: { PET_LOG_EMAIL: "hash" }, pathIn: ({ files }) => files.salt },
  { name: "worker.err", pathIn: ({ files }) => files.errors },
  { name: "line", pathIn: ({ files }) => files.line(SESSION) },
  { name: ".run", isDirectory: true, pathIn: ({ files }) => files.run },
  { name: "the log directory", isDirectory: true, keepsMode: true, pathIn: ({ logs }) => logs },
];

/** What is planted; `victim` is a file or directory elsewhere that must stay as it is. */
interface Kind {
  readonly name: string;
  readonly needs?: keyof Means;
  /** No directory can be one. */
  readonly isForFiles?: boolean;
  /** It is ours, only open to others: it is tightened and used, or used as it is where its mode is not ours to change. */
  readonly isTightened?: boolean;
  at(path: string, victim: string, target: Target): void;
}

const TEXT = "mine\n";
const made = (path: string, { isDirectory }: Target): void =>
  isDirectory ? mkdirSync(path, { mode: 0o700 }) : writeFileSync(path, "", { mode: 0o600 });

const kinds: readonly Kind[] = [
  { name: "a symlink", at: (path, victim) => symlinkSync(victim, path) },
  { name: "a dangling link", at: (path, victim) => symlinkSync(`${victim}-nowhere`, path) },
  { name: "a hard link", isForFiles: true, at: (path, victim) => linkSync(victim, path) },
  {
    name: "a stranger's link",
    needs: "nobody",
    at(path, victim, { isDirectory }) {
      symlinkSync(isDirectory ? dirname(victim) : victim, path);
      lchownSync(path, NOBODY, NOBODY);
    },
  },
  { name: "a FIFO", at: (path) => void does("mkfifo", path) },
  {
    name: "a directory or file",
    at: (path, _, { isDirectory }) => (isDirectory ? writeFileSync(path, TEXT) : mkdirSync(path)),
  },
  ...[0o644, 0o666].map((mode): Kind => ({
    name: `mode ${mode.toString(8)}`,
    isTightened: true,
    at(path, _, target) {
      made(path, target);
      chmodSync(path, target.isDirectory ? mode | 0o111 : mode);
    },
  })),
  {
    name: "a foreign owner",
    needs: "nobody",
    at(path, _, target) {
      made(path, target);
      chownSync(path, NOBODY, NOBODY);
    },
  },
];

const HANGS_MS = 5_000;

async function plant(tally: Tally, name: string, target: Target, kind: Kind, have: Means): Promise<void> {
  const why = kind.needs ? have[kind.needs] : null;
  if (why !== null) return tally.skip(name, why);
  using desk = freshDesk({ PET_USAGE_LOG_INTERVAL: "1000", ...target.settings });
  const path = target.pathIn(desk);
  const victims = join(desk.home, "victims");
  const victim = join(victims, "victim");
  mkdirSync(victims, { mode: 0o755 });
  writeFileSync(victim, TEXT, { mode: 0o644 });
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  kind.at(path, victim, target);
  const before = pictureOf(victims);
  const planted = lstatSync(path);

  shown(tally, name, await desk.line({ document, limitMs: HANGS_MS }));
  const worker = await desk.worker({ document, limitMs: 25_000 });
  tally.check(`${name}: the worker ends`, !worker.isHung, worker.ms);
  tally.equal(`${name}: processes left`, await whoStays(desk.home, 25_000), []);
  shown(tally, `${name}, again`, await desk.line({ document, limitMs: HANGS_MS }));
  await whoStays(desk.home, 25_000);

  tally.equal(`${name}: what it points to`, pictureOf(victims), before);
  if (kind.isTightened) {
    const { mode, ino } = lstatSync(path);
    if (target.keepsMode) {
      tally.equal(`${name}: keeps its mode`, mode, planted.mode);
      for (const file of readdirSync(path, { withFileTypes: true }).filter((one) => one.isFile())) {
        const own = lstatSync(join(path, file.name)).mode & 0o777;
        tally.check(`${name}: ${file.name} is ours alone`, (own & 0o077) === 0, own.toString(8));
      }
    } else tally.check(`${name}: is ours alone`, (mode & 0o077) === 0, (mode & 0o777).toString(8));
    if (target.isDirectory) tally.equal(`${name}: is the same directory`, ino, planted.ino);
    tally.check(`${name}: is used`, desk.ids("usage").length > 0);
  } else if (desk.ids("usage").length === 0) await refused(tally, name, desk);
  await removed(tally, name, desk, path);
}

/** No record could be made: that is told by the line or by doctor. */
async function refused(tally: Tally, name: string, desk: Desk): Promise<void> {
  const line = await desk.line({ document, limitMs: HANGS_MS });
  const { broken } = await desk.doctor();
  const isTold = line.rows.some((row) => row.includes("log stopped")) || broken.some((one) => one !== "settings");
  tally.check(`${name}: told by the line or by doctor`, isTold, { rows: line.rows, broken });
  tally.figure("refused", Number(tally.figures["refused"] ?? 0) + 1);
}

/** Once it is moved away, records are made again. */
async function removed(tally: Tally, name: string, desk: Desk, path: string): Promise<void> {
  if (existsSync(path) || lstatSync(path, { throwIfNoEntry: false })) renameSync(path, join(desk.home, "moved"));
  const before = desk.ids("usage");
  letPausePass(desk.files);
  await Bun.sleep(1_000);
  const worker = await desk.worker({ document, limitMs: 25_000 });
  const isBack = desk.ids("usage").some((id) => !before.includes(id));
  tally.check(`${name}: moved away, records resume`, isBack, worker);
  tally.equal(`${name}: torn lines`, desk.ids("usage").filter((id) => id === "torn").length, 0);
}

function shown(tally: Tally, name: string, { code, err, rows, isHung }: Ended): void {
  const isShown = rows.length >= 1 && rows.length <= 2 && rows.every((row) => row !== "");
  tally.check(`${name}: the line is shown at once`, code === 0 && err === "" && isShown && !isHung, {
    code,
    err,
    rows,
  });
}

/** Everything in the victims' folder: names, modes, owners, links, content. */
function pictureOf(directory: string): unknown {
  const victim = join(directory, "victim");
  const { mode, uid } = statSync(victim);
  return {
    folder: statSync(directory).mode,
    names: [...new Bun.Glob("**").scanSync({ cwd: directory, dot: true, onlyFiles: false })].toSorted(),
    mode,
    uid,
    text: readFileSync(victim, "utf8"),
  };
}

/** A FIFO where the settings belong: its reader would wait for ever. */
async function settingsFifo(tally: Tally): Promise<void> {
  using desk = freshDesk();
  const pets = join(desk.home, ".claude/pets");
  mkdirSync(pets, { recursive: true });
  does("mkfifo", join(pets, ".env"));
  const line = await desk.line({ limitMs: HANGS_MS });
  shown(tally, "a FIFO at .env", line);
  tally.figure("ms with a FIFO at .env", line.ms);
  tally.check("a FIFO at .env: within a second", line.ms < 1_000, line.ms);
  tally.equal("a FIFO at .env: processes left", await whoStays(desk.home, 25_000), []);
  tally.equal("a FIFO at .env: records", desk.ids("usage").length, 1);
  rmSync(join(pets, ".env"));
}

/** A link of our own above the log directory is no plant: many a home or temporary folder lies behind one. */
async function throughLink(tally: Tally): Promise<void> {
  using desk = freshDesk({ PET_LOG_STORAGE_TYPE: "hybrid" });
  mkdirSync(join(desk.home, "elsewhere"));
  symlinkSync(join(desk.home, "elsewhere"), join(desk.home, "link"));
  const env = { PET_LOG_DIR: join(desk.home, "link/logs") };
  await desk.worker({ env, limitMs: 25_000 });
  const { broken } = await desk.doctor({ env });
  const records = existsSync(join(desk.home, "elsewhere/logs/usage.jsonl"));
  tally.equal(
    "a log directory behind a link of our own",
    { records, broken: broken.length },
    { records: true, broken: 0 },
  );
}
