import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { walk } from "../../src/collector/walk.ts";
import type { Store } from "../../src/sources/contract.ts";
import { SourceHarness } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

/** A file of a recorded home. */
export interface HomeFile {
  /** Below the home. */
  readonly path: string;
  /** What its source reads it as; null where it only lies beside. */
  readonly store: Store | null;
  /** The root of its store below the home. */
  readonly root: string;
  readonly bytes: Buffer;
  readonly written: Date;
}

const known = new Map<RecordedHome, readonly HomeFile[]>();

/** All files of a recorded home, those that are read by their store. */
export function filesOf(home: RecordedHome): readonly HomeFile[] {
  const files = known.get(home) ?? findFiles(home);
  known.set(home, files);
  return files;
}

function findFiles(home: RecordedHome): HomeFile[] {
  using harness = new SourceHarness([]);
  home.place(harness);
  const owners = new Map<string, { store: Store; root: string }>();
  for (const store of home.source.stores)
    for (const root of store.roots({}, harness.home))
      for (const { path } of walk(store, [root])) owners.set(path, { store, root: relative(harness.home, root) });
  return readdirSync(harness.home, { recursive: true, encoding: "utf8" })
    .map((path) => ({ path, full: join(harness.home, path) }))
    .filter(({ full }) => statSync(full).isFile())
    .map(({ path, full }) => ({
      path,
      store: owners.get(full)?.store ?? null,
      root: owners.get(full)?.root ?? "",
      bytes: readFileSync(full),
      written: statSync(full).mtime,
    }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Whether lines are added to a file: what is packed, a document or a database is there as a whole or not at all. */
export const growsByLines = ({ path, store }: HomeFile): boolean => store?.kind === "lines" && !path.endsWith(".zst");

/** Writes a file, or what is there of it, in place, as old as it was recorded: what tells no time is dated by its file. */
export function put(
  harness: SourceHarness,
  file: HomeFile,
  bytes: Buffer = file.bytes,
  path: string = file.path,
): void {
  const full = join(harness.home, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, bytes);
  utimesSync(full, file.written, file.written);
}

/** Puts another file in the place of one, as programs do that write a file anew. */
export function replace(harness: SourceHarness, file: HomeFile, bytes: Buffer = file.bytes): void {
  const path = `${file.path}.new`;
  put(harness, file, bytes, path);
  renameSync(join(harness.home, path), join(harness.home, file.path));
}

/** Takes a file away. */
export const drop = (harness: SourceHarness, { path }: HomeFile): void => rmSync(join(harness.home, path));

/** Whether a store finds a file of this path below the home. */
function isOwned({ store, root }: HomeFile, path: string): boolean {
  if (!store || !path.startsWith(`${root}/`)) return false;
  const parts = path.slice(root.length + 1).split("/");
  const folders = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join("/"));
  return folders.every((folder) => store.enters?.(folder) ?? true) && store.owns(parts.join("/"));
}

/** A name as alike as possible that is another one: ids stay ids, dates stay dates. */
const renamed = (name: string): string[] => {
  const [, stem = "", end = ""] = /^(.*?)((?:\.[a-z]+)*)$/s.exec(name) ?? [];
  const last = stem.slice(-1);
  return [
    `${stem}-copy${end}`,
    `${stem.slice(0, -1)}${last === "0" ? "1" : "0"}${end}`,
    `${stem}0${end}`,
    `copy-${name}`,
  ];
};

/** Paths that are not taken at which the source would find a file too: in another folder first, else under another name. */
export function othersOf(file: HomeFile, taken: ReadonlySet<string>): string[] {
  const parts = file.path.split("/");
  return parts
    .flatMap((part, at) => renamed(part).map((name) => parts.with(at, name).join("/")))
    .filter((path) => !taken.has(path) && isOwned(file, path));
}
