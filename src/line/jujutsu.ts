import { readBytes, readSmall } from "../utils/small-files.ts";
import { parentsOf, refsOf } from "./git-objects.ts";
import { fieldsOf, type ProtobufMessage, valuesIn, textIn } from "./protobuf.ts";

/** The current position of a Jujutsu workspace. */
export interface Workspace {
  /** Nearest bookmark: on the working-copy commit or on its nearest readable ancestor. */
  readonly bookmark: string | null;
  /** The working-copy commit, or if unreadable, the commit of git's HEAD; hexadecimal. */
  readonly commit: string | null;
}

/** The git part of a colocated repository: its git directory and the commit in HEAD. */
interface ColocatedGit {
  readonly directory: string;
  readonly head: string;
}

/** Commits visited while searching for a bookmark. */
const MAX_COMMITS = 64;
const MAX_OPERATION = 1_048_576;
const MAX_VIEW = 4_194_304;
/** Bookmarks that are chosen last among equally near ones. */
const TRUNK_NAMES = new Set(["main", "master", "trunk", "develop"]);

/** Bookmark names by commit, and the commit at which the search starts. */
interface BookmarkIndex {
  readonly start: string;
  readonly bookmarks: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads the position of the workspace at `top` from the files of Jujutsu and its git store. If the operation log is
 * unreadable, the branches of a colocated git repository are used as bookmarks. Commits in pack files are not read: the search
 * for a bookmark ends there. Formats: lib/src/protos of https://github.com/jj-vcs/jj, version 0.36.
 */
export async function readWorkspace(top: string, git: ColocatedGit | null): Promise<Workspace> {
  const repository = await repositoryOf(top);
  const index =
    (await readView(top, repository)) ?? (git && { start: git.head, bookmarks: await refsOf(git.directory) });
  if (index === null) return { bookmark: null, commit: null };
  const target = (await readSmall(`${repository}/store/git_target`))?.trim();
  const store = target ? resolvePath(`${repository}/store`, target) : git?.directory;
  return { bookmark: store === undefined ? null : await nearestBookmark(index, store), commit: index.start };
}

/** Returns the repository directory: .jj/repo, or in an added workspace the path that this file contains. */
async function repositoryOf(top: string): Promise<string> {
  const pointer = (await readSmall(`${top}/.jj/repo`, 4_096))?.trim();
  return pointer ? resolvePath(`${top}/.jj`, pointer) : `${top}/.jj/repo`;
}

const resolvePath = (directory: string, path: string): string =>
  /^(?:\/|[A-Za-z]:)/.test(path) ? path : `${directory}/${path}`;

/** Reads the bookmarks of the newest operation and this workspace's working-copy commit; null when unreadable. */
async function readView(top: string, repository: string): Promise<BookmarkIndex | null> {
  const operations = await operationIdsIn(`${repository}/op_heads/heads`);
  const [operation] = operations;
  // Several heads are concurrent operations, which only Jujutsu can merge.
  if (operation === undefined || operations.length > 1) return null;
  const viewId = await viewIdOf(`${repository}/op_store/operations/${operation}`);
  const view = viewId && (await readBytes(`${repository}/op_store/views/${viewId}`, MAX_VIEW));
  if (!view) return null;
  const checkout = (await readBytes(`${top}/.jj/working_copy/checkout`, 65_536)) ?? new Uint8Array();
  return bookmarkIndexOf(fieldsOf(view), textIn(fieldsOf(checkout), CHECKOUT.workspace) ?? "default");
}

/** Field numbers in Jujutsu's messages. */
const CHECKOUT = { workspace: 3 };
const OPERATION = { view: 1 };
const VIEW = { commit: 2, bookmarks: 5, commits: 8 };
const ENTRY = { key: 1, value: 2 };
const BOOKMARK = { name: 1, target: 2 };
const TARGET = { commit: 1, conflict: 3 };
const CONFLICT = { adds: 2 };
const TERM = { value: 1 };

async function viewIdOf(path: string): Promise<string | null> {
  const bytes = await readBytes(path, MAX_OPERATION);
  const id = bytes && valuesIn(fieldsOf(bytes), OPERATION.view)[0];
  return id && id.length > 0 ? Buffer.from(id).toString("hex") : null;
}

function bookmarkIndexOf(view: ProtobufMessage, workspace: string): BookmarkIndex | null {
  const commits = valuesIn(view, VIEW.commits).map(fieldsOf);
  const own = commits.find((entry) => (textIn(entry, ENTRY.key) ?? "") === workspace);
  const start = own ? valuesIn(own, ENTRY.value)[0] : valuesIn(view, VIEW.commit)[0];
  if (!start) return null;
  const bookmarks = new Map<string, string[]>();
  for (const bookmark of valuesIn(view, VIEW.bookmarks).map(fieldsOf)) {
    const name = textIn(bookmark, BOOKMARK.name);
    if (name === null) continue;
    for (const target of valuesIn(bookmark, BOOKMARK.target)) {
      for (const commit of commitsIn(fieldsOf(target))) {
        const names = bookmarks.get(commit);
        if (names) names.push(name);
        else bookmarks.set(commit, [name]);
      }
    }
  }
  return { start: hex(start), bookmarks };
}

/** Returns the commits of a bookmark: one, or several if it is in conflict. */
function commitsIn(target: ProtobufMessage): string[] {
  const terms = valuesIn(target, TARGET.conflict).flatMap((conflict) => valuesIn(fieldsOf(conflict), CONFLICT.adds));
  const added = terms.flatMap((term) => valuesIn(fieldsOf(term), TERM.value));
  return [...valuesIn(target, TARGET.commit), ...added].map(hex);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Returns the nearest bookmark; among equally near ones non-trunk names first, then by name. */
async function nearestBookmark({ start, bookmarks }: BookmarkIndex, store: string): Promise<string | null> {
  if (bookmarks.size === 0) return null;
  const visited = new Set([start]);
  for (let level = [start]; level.length > 0;) {
    const names = level.flatMap((commit) => bookmarks.get(commit) ?? []);
    const [best] = names.toSorted(
      (a, b) => Number(TRUNK_NAMES.has(a)) - Number(TRUNK_NAMES.has(b)) || (a < b ? -1 : 1),
    );
    if (best !== undefined) return best;
    const parents = (await Promise.all(level.map((commit) => parentsOf(store, commit)))).flat();
    level = [...new Set(parents)].filter((commit) => !visited.has(commit)).slice(0, MAX_COMMITS - visited.size);
    for (const commit of level) visited.add(commit);
  }
  return null;
}

async function operationIdsIn(directory: string): Promise<string[]> {
  try {
    const { readdir } = process.getBuiltinModule("node:fs/promises");
    return (await readdir(directory)).filter((name) => /^[0-9a-f]{32,128}$/.test(name));
  } catch {
    return [];
  }
}
