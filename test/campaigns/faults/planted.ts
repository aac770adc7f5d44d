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
import { type Harness, type EndedProcess, freshHarness, skipPause } from "./harness.ts";
import { succeeds, type Capabilities, capabilities, NOBODY } from "./capabilities.ts";
import { remainingProcesses } from "./processes.ts";

/** Foreign files planted in the place of ours. */
export const planted: Campaign = {
  name: "planted",
  promise: "nothing is written through files planted in the log directory, nothing hangs, and the line is shown",
  isLinuxOnly: true,
  async run(scale) {
    const tally = new Tally();
    const have = capabilities();
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
    await checkSettingsFifo(tally);
    await checkOwnLink(tally);
    return tally;
  },
};

/** A file or directory of the log, according to `isDirectory`. */
interface Target {
  readonly name: string;
  readonly isDirectory?: boolean;
  /** Whether it may exist before us: then its mode stays as it is, and only the files in it are private. */
  readonly keepsMode?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
  pathIn(harness: Harness): string;
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

/** Something to plant; `victim` is a file or directory elsewhere that must not change. */
interface Kind {
  readonly name: string;
  readonly needs?: keyof Capabilities;
  /** Whether it can only replace a file. */
  readonly isForFiles?: boolean;
  /** Whether it is ours but accessible to others: its mode is restricted, unless the target keeps its mode, and it is used. */
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
  { name: "a FIFO", at: (path) => void succeeds("mkfifo", path) },
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

async function plant(tally: Tally, name: string, target: Target, kind: Kind, have: Capabilities): Promise<void> {
  const why = kind.needs ? have[kind.needs] : null;
  if (why !== null) return tally.skip(name, why);
  using harness = freshHarness({ PET_USAGE_LOG_INTERVAL: "1000", ...target.settings });
  const path = target.pathIn(harness);
  const victims = join(harness.home, "victims");
  const victim = join(victims, "victim");
  mkdirSync(victims, { mode: 0o755 });
  writeFileSync(victim, TEXT, { mode: 0o644 });
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  kind.at(path, victim, target);
  const before = snapshotOf(victims);
  const planted = lstatSync(path);

  checkShown(tally, name, await harness.line({ document, limitMs: HANGS_MS }));
  const worker = await harness.worker({ document, limitMs: 25_000 });
  tally.check(`${name}: the worker exits`, !worker.isHung, worker.ms);
  tally.equal(`${name}: processes left`, await remainingProcesses(harness.home, 25_000), []);
  checkShown(tally, `${name}, again`, await harness.line({ document, limitMs: HANGS_MS }));
  await remainingProcesses(harness.home, 25_000);

  tally.equal(`${name}: the victim is unchanged`, snapshotOf(victims), before);
  if (kind.isTightened) {
    const { mode, ino } = lstatSync(path);
    if (target.keepsMode) {
      tally.equal(`${name}: keeps its mode`, mode, planted.mode);
      for (const file of readdirSync(path, { withFileTypes: true }).filter((one) => one.isFile())) {
        const own = lstatSync(join(path, file.name)).mode & 0o777;
        tally.check(`${name}: ${file.name} is private`, (own & 0o077) === 0, own.toString(8));
      }
    } else tally.check(`${name}: is private`, (mode & 0o077) === 0, (mode & 0o777).toString(8));
    if (target.isDirectory) tally.equal(`${name}: is the same directory`, ino, planted.ino);
    tally.check(`${name}: is used`, harness.ids("usage").length > 0);
  } else if (harness.ids("usage").length === 0) await checkRefused(tally, name, harness);
  await checkRemoved(tally, name, harness, path);
}

/** Checks that the line or doctor reports that no record could be written. */
async function checkRefused(tally: Tally, name: string, harness: Harness): Promise<void> {
  const line = await harness.line({ document, limitMs: HANGS_MS });
  const { broken } = await harness.doctor();
  const isReported = line.rows.some((row) => row.includes("log stopped")) || broken.some((one) => one !== "settings");
  tally.check(`${name}: reported by the line or by doctor`, isReported, { rows: line.rows, broken });
  tally.figure("refused", Number(tally.figures["refused"] ?? 0) + 1);
}

/** Checks that records resume once the planted file is moved away. */
async function checkRemoved(tally: Tally, name: string, harness: Harness, path: string): Promise<void> {
  if (existsSync(path) || lstatSync(path, { throwIfNoEntry: false })) renameSync(path, join(harness.home, "moved"));
  const before = harness.ids("usage");
  skipPause(harness.files);
  await Bun.sleep(1_000);
  const worker = await harness.worker({ document, limitMs: 25_000 });
  const isBack = harness.ids("usage").some((id) => !before.includes(id));
  tally.check(`${name}: records resume after it is moved away`, isBack, worker);
  tally.equal(`${name}: incomplete lines`, harness.ids("usage").filter((id) => id === "torn").length, 0);
}

function checkShown(tally: Tally, name: string, { code, err, rows, isHung }: EndedProcess): void {
  const isShown = rows.length >= 1 && rows.length <= 2 && rows.every((row) => row !== "");
  tally.check(`${name}: the line is shown at once`, code === 0 && err === "" && isShown && !isHung, {
    code,
    err,
    rows,
  });
}

/** The state of the victims' folder: names, modes, owners, links, content. */
function snapshotOf(directory: string): unknown {
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

/** A FIFO in the place of the settings file: reading it would block forever. */
async function checkSettingsFifo(tally: Tally): Promise<void> {
  using harness = freshHarness();
  const pets = join(harness.home, ".claude/pets");
  mkdirSync(pets, { recursive: true });
  succeeds("mkfifo", join(pets, ".env"));
  const line = await harness.line({ limitMs: HANGS_MS });
  checkShown(tally, "a FIFO at .env", line);
  tally.figure("ms with a FIFO at .env", line.ms);
  tally.check("a FIFO at .env: within a second", line.ms < 1_000, line.ms);
  tally.equal("a FIFO at .env: processes left", await remainingProcesses(harness.home, 25_000), []);
  tally.equal("a FIFO at .env: records", harness.ids("usage").length, 1);
  rmSync(join(pets, ".env"));
}

/** A link of the user above the log directory is allowed: many home and temporary folders are reached through one. */
async function checkOwnLink(tally: Tally): Promise<void> {
  using harness = freshHarness({ PET_LOG_STORAGE_TYPE: "hybrid" });
  mkdirSync(join(harness.home, "elsewhere"));
  symlinkSync(join(harness.home, "elsewhere"), join(harness.home, "link"));
  const env = { PET_LOG_DIR: join(harness.home, "link/logs") };
  await harness.worker({ env, limitMs: 25_000 });
  const { broken } = await harness.doctor({ env });
  const records = existsSync(join(harness.home, "elsewhere/logs/usage.jsonl"));
  tally.equal(
    "a log directory behind a link of the user",
    { records, broken: broken.length },
    { records: true, broken: 0 },
  );
}
