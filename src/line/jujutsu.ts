import { readBytes, readSmall } from "../utils/small-files.ts";
import { parentsOf, refsOf } from "./git-objects.ts";
import { fieldsOf, type Message, messageIn, textIn } from "./protobuf.ts";

/** What a Jujutsu workspace works on. */
export interface Workspace {
  /** Name of the nearest bookmark: on the working-copy commit, or on the nearest of its ancestors that can be read. */
  readonly bookmark: string | null;
  /** The working-copy commit, or where that cannot be read, the commit of git's HEAD; hexadecimal. */
  readonly commit: string | null;
}

/** Git's side of a colocated repository: its git directory, and the commit that HEAD names. */
interface Git {
  readonly directory: string;
  readonly head: string;
}

/** Commits that are looked at on the way to a bookmark. */
const MAX_COMMITS = 64;
const MAX_OPERATION = 1_048_576;
const MAX_VIEW = 4_194_304;
/** Bookmarks that tell least, where several are as near. */
const TRUNKS = new Set(["main", "master", "trunk", "develop"]);

/** Bookmarks by the commits that they are on, and the commit from which the way to them begins. */
interface Sight {
  readonly start: string;
  readonly bookmarks: ReadonlyMap<string, readonly string[]>;
}

/**
 * What the workspace at a directory works on, read from the files of Jujutsu and of the git store behind it. Where the
 * operation log cannot be read, the branches of a colocated git repository stand for the bookmarks. Commits in packs are not
 * read: the way to a bookmark ends there. Formats: lib/src/protos of https://github.com/jj-vcs/jj, as of version 0.36.
 */
export async function readWorkspace(top: string, git: Git | null): Promise<Workspace> {
  const repository = await repositoryOf(top);
  const sight = (await inView(top, repository)) ?? (git && { start: git.head, bookmarks: await refsOf(git.directory) });
  if (sight === null) return { bookmark: null, commit: null };
  const target = (await readSmall(`${repository}/store/git_target`))?.trim();
  const store = target ? joined(`${repository}/store`, target) : git?.directory;
  return { bookmark: store === undefined ? null : await nearest(sight, store), commit: sight.start };
}

/** The directory of the repository: .jj/repo, or in a workspace that was added, the one that this file names. */
async function repositoryOf(top: string): Promise<string> {
  const pointer = (await readSmall(`${top}/.jj/repo`, 4_096))?.trim();
  return pointer ? joined(`${top}/.jj`, pointer) : `${top}/.jj/repo`;
}

const joined = (directory: string, path: string): string =>
  /^(?:\/|[A-Za-z]:)/.test(path) ? path : `${directory}/${path}`;

/** The bookmarks of the newest operation and the working-copy commit of this workspace; null where they cannot be read. */
async function inView(top: string, repository: string): Promise<Sight | null> {
  const operations = await namesIn(`${repository}/op_heads/heads`);
  const [operation] = operations;
  // Two newest operations are concurrent, and only Jujutsu can merge them.
  if (operation === undefined || operations.length > 1) return null;
  const viewId = await idIn(`${repository}/op_store/operations/${operation}`);
  const view = viewId && (await readBytes(`${repository}/op_store/views/${viewId}`, MAX_VIEW));
  if (!view) return null;
  const checkout = (await readBytes(`${top}/.jj/working_copy/checkout`, 65_536)) ?? new Uint8Array();
  return sightOf(fieldsOf(view), textIn(fieldsOf(checkout), CHECKOUT.workspace) ?? "default");
}

/** Numbers of fields in Jujutsu's messages. */
const CHECKOUT = { workspace: 3 };
const OPERATION = { view: 1 };
const VIEW = { commit: 2, bookmarks: 5, commits: 8 };
const ENTRY = { key: 1, value: 2 };
const BOOKMARK = { name: 1, target: 2 };
const TARGET = { commit: 1, conflict: 3 };
const CONFLICT = { adds: 2 };
const TERM = { value: 1 };

async function idIn(path: string): Promise<string | null> {
  const bytes = await readBytes(path, MAX_OPERATION);
  const id = bytes && messageIn(fieldsOf(bytes), OPERATION.view)[0];
  return id && id.length > 0 ? Buffer.from(id).toString("hex") : null;
}

function sightOf(view: Message, workspace: string): Sight | null {
  const commits = messageIn(view, VIEW.commits).map(fieldsOf);
  const mine = commits.find((entry) => (textIn(entry, ENTRY.key) ?? "") === workspace);
  const start = mine ? messageIn(mine, ENTRY.value)[0] : messageIn(view, VIEW.commit)[0];
  if (!start) return null;
  const bookmarks = new Map<string, string[]>();
  for (const bookmark of messageIn(view, VIEW.bookmarks).map(fieldsOf)) {
    const name = textIn(bookmark, BOOKMARK.name);
    if (name === null) continue;
    for (const target of messageIn(bookmark, BOOKMARK.target)) {
      for (const commit of commitsIn(fieldsOf(target))) {
        const names = bookmarks.get(commit);
        if (names) names.push(name);
        else bookmarks.set(commit, [name]);
      }
    }
  }
  return { start: hex(start), bookmarks };
}

/** The commits that a bookmark is on: one, or several where it is in conflict. */
function commitsIn(target: Message): string[] {
  const terms = messageIn(target, TARGET.conflict).flatMap((conflict) => messageIn(fieldsOf(conflict), CONFLICT.adds));
  const added = terms.flatMap((term) => messageIn(fieldsOf(term), TERM.value));
  return [...messageIn(target, TARGET.commit), ...added].map(hex);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The bookmark that is fewest steps away; where several are, not a trunk, then the first by name. */
async function nearest({ start, bookmarks }: Sight, store: string): Promise<string | null> {
  if (bookmarks.size === 0) return null;
  const seen = new Set([start]);
  for (let level = [start]; level.length > 0;) {
    const names = level.flatMap((commit) => bookmarks.get(commit) ?? []);
    const [best] = names.toSorted((a, b) => Number(TRUNKS.has(a)) - Number(TRUNKS.has(b)) || (a < b ? -1 : 1));
    if (best !== undefined) return best;
    const parents = (await Promise.all(level.map((commit) => parentsOf(store, commit)))).flat();
    level = [...new Set(parents)].filter((commit) => !seen.has(commit)).slice(0, MAX_COMMITS - seen.size);
    for (const commit of level) seen.add(commit);
  }
  return null;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    const { readdir } = process.getBuiltinModule("node:fs/promises");
    return (await readdir(directory)).filter((name) => /^[0-9a-f]{32,128}$/.test(name));
  } catch {
    return [];
  }
}
