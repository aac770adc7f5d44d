import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { walk } from "../../src/collector/walk.ts";
import type { Store } from "../../src/sources/contract.ts";
import { SourceHarness } from "./harness.ts";
import type { RecordedHome } from "./recorded.ts";

/** A file of a recorded home. */
export interface HomeFile {
  /** Relative to the home. */
  readonly path: string;
  /** The store that reads it; null if no store does. */
  readonly store: Store | null;
  /** Root of its store, relative to the home. */
  readonly root: string;
  readonly bytes: Buffer;
  readonly modifiedAt: Date;
}

const known = new Map<RecordedHome, readonly HomeFile[]>();

/** Returns all files of a recorded home, with the store that reads each. */
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
      modifiedAt: statSync(full).mtime,
    }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Whether a file grows by appended lines. Compressed files, documents and databases are complete or absent. */
export const growsByLines = ({ path, store }: HomeFile): boolean => store?.kind === "lines" && !path.endsWith(".zst");

/** Writes a file, or a part of it, with its recorded modification time, which dates records without a timestamp. */
export function put(
  harness: SourceHarness,
  file: HomeFile,
  bytes: Buffer = file.bytes,
  path: string = file.path,
): void {
  const full = join(harness.home, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, bytes);
  utimesSync(full, file.modifiedAt, file.modifiedAt);
}

/** Replaces a file with a new one, as programs do that rewrite a file. */
export function replace(harness: SourceHarness, file: HomeFile, bytes: Buffer = file.bytes): void {
  const path = `${file.path}.new`;
  put(harness, file, bytes, path);
  renameSync(join(harness.home, path), join(harness.home, file.path));
}

/** Deletes a file. */
export const drop = (harness: SourceHarness, { path }: HomeFile): void => rmSync(join(harness.home, path));

/** Whether a store would read a file at this path. */
function isOwned({ store, root }: HomeFile, path: string): boolean {
  if (!store || !path.startsWith(`${root}/`)) return false;
  const parts = path.slice(root.length + 1).split("/");
  const folders = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join("/"));
  return folders.every((folder) => store.enters?.(folder) ?? true) && store.owns(parts.join("/"));
}

/** Returns other names that are as similar as possible: ids stay ids, dates stay dates. */
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

/** Returns unused paths at which the source would read a copy of a file, those in other folders first. */
export function othersOf(file: HomeFile, taken: ReadonlySet<string>): string[] {
  const parts = file.path.split("/");
  return parts
    .flatMap((part, at) => renamed(part).map((name) => parts.with(at, name).join("/")))
    .filter((path) => !taken.has(path) && isOwned(file, path));
}
