import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { recordedHomes } from "../sources/homes.ts";
import { SourceHarness } from "../sources/harness.ts";
import { filesOf, type HomeFile, othersOf, put } from "../sources/home.ts";
import type { RecordedHome } from "../sources/recorded.ts";
import type { Job } from "../sources/scanner.ts";

/** Longer than scanning all homes takes on a busy machine. */
const LIMIT_MS = 45_000;

const sockets = mkdtempSync(join(tmpdir(), "sockets-"));
const listening: { stop(): void }[] = [];
let made = 0;

afterAll(() => {
  for (const one of listening) one.stop();
  rmSync(sockets, { recursive: true });
});

const pipes: string[] = [];

/** Ways to create something that is not a regular file at a path. */
const nonFiles: Readonly<Record<string, (path: string) => void>> = {
  "a pipe": (path) => void pipes.push(path),
  "a folder": (path) => mkdirSync(join(path, "inner"), { recursive: true }),
  "a socket"(path) {
    // A socket's path must be short, so it is created elsewhere and moved.
    const short = join(sockets, String(made++));
    listening.push(Bun.listen({ unix: short, socket: { data() {} } }));
    renameSync(short, path);
  },
  "a link to itself": (path) => symlinkSync(path, path),
  "a link to nothing": (path) => symlinkSync(`${path}-missing`, path),
  "a link to a device": (path) => symlinkSync("/dev/zero", path),
  "a link to its own folder": (path) => symlinkSync(dirname(path), path),
};

/** Hostile homes; each returns how many of the recorded responses must still be counted. */
const variants: Readonly<
  Record<string, (harness: SourceHarness, files: readonly HomeFile[]) => "all" | "none" | "some">
> = {
  "none of its files is a regular file"(harness, files) {
    for (const [index, { path }] of files.entries()) plant(harness, path, index);
    return "none";
  },
  "the files beside its stores are not regular files"(harness, files) {
    for (const [index, file] of files.entries())
      if (file.store) put(harness, file);
      else plant(harness, file.path, index);
    for (const { path, store } of files) if (store?.kind === "tables") plant(harness, `${path}-shm`, 0);
    return "some";
  },
  "there are other things than regular files among its files"(harness, files) {
    for (const file of files) put(harness, file);
    const taken = new Set(files.map(({ path }) => path));
    for (const [index, file] of some(files).entries())
      for (const [at, other] of othersOf(file, taken).entries()) {
        taken.add(other);
        if (index + at > 0) plant(harness, other, index + at);
      }
    return "all";
  },
  "there are copies, links and unreadable files among its files"(harness, files) {
    for (const file of files) put(harness, file);
    const taken = new Set(files.map(({ path }) => path));
    for (const file of some(files)) {
      const [locked, linked, hard, empty] = othersOf(file, taken);
      if (locked) {
        put(harness, file, file.bytes, locked);
        chmodSync(join(harness.home, locked), 0);
      }
      if (linked) create(harness, linked, (path) => symlinkSync(join(harness.home, file.path), path));
      if (hard) create(harness, hard, (path) => linkSync(join(harness.home, file.path), path));
      if (empty) put(harness, file, Buffer.alloc(0), empty);
    }
    return "all";
  },
};

/** Returns enough files of each store for everything that is created beside one. */
const some = (files: readonly HomeFile[]): HomeFile[] =>
  [...Map.groupBy(files, ({ store }) => store).values()].flatMap((own) => own.slice(0, 4));

function create(harness: SourceHarness, path: string, make: (path: string) => void): void {
  mkdirSync(dirname(join(harness.home, path)), { recursive: true });
  make(join(harness.home, path));
}

function plant(harness: SourceHarness, path: string, index: number): void {
  const kinds = Object.values(nonFiles);
  const make = kinds[index % kinds.length];
  if (make) create(harness, path, make);
}

/** The home with the most files of each source. */
const homes = [...Map.groupBy(recordedHomes, ({ source }) => source).values()].flatMap((own) =>
  own.toSorted((a, b) => filesOf(b).length - filesOf(a).length).slice(0, 1),
);

describe("a hostile home is scanned without hanging or failing if", () => {
  test.each(Object.entries(variants))(
    "%s",
    async (_, variant) => {
      const harnesses: { home: RecordedHome; harness: SourceHarness; left: "all" | "none" | "some" }[] = [];
      try {
        for (const home of homes) {
          const harness = new SourceHarness([home.source]);
          harnesses.push({ home, harness, left: variant(harness, filesOf(home)) });
        }
        if (pipes.length > 0) expect(Bun.spawnSync(["mkfifo", ...pipes.splice(0)]).success).toBe(true);
        const jobs: Job[] = harnesses.map(({ home, harness }) => ({
          name: home.name,
          home: harness.home,
          ledger: harness.path,
        }));
        const child = Bun.spawn(
          [process.execPath, join(import.meta.dir, "../sources/scanner.ts"), JSON.stringify(jobs)],
          {
            stdio: ["ignore", "pipe", "pipe"],
            timeout: LIMIT_MS,
          },
        );
        const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
        expect({ out: out.trim().split("\n").at(-1), err }).toEqual({ out: "done", err: "" });
        for (const { home, harness, left } of harnesses)
          if (left === "all")
            expect({ home: home.name, ...harness.totals }).toEqual({ home: home.name, ...home.truth });
          else if (left === "none")
            expect({ home: home.name, ...harness.totals }).toMatchObject({ home: home.name, responses: 0 });
      } finally {
        for (const { harness } of harnesses) harness[Symbol.dispose]();
      }
    },
    LIMIT_MS * 2,
  );
});
