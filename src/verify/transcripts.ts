import { closeSync, fstatSync, openSync, readdirSync, readSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../utils/config.ts";
import { COWORK_SESSIONS, coworkFolders } from "../model/cowork-folders.ts";
import { transcriptDirectories } from "../utils/paths.ts";

/** Directories that contain transcripts of Claude Code, and of Cowork in Claude Desktop. */
export function transcriptRoots(env: Environment, home: string): string[] {
  return [...transcriptDirectories(env, home).map((one) => join(one, "projects")), ...coworkFolders(env, home)];
}

/** In the folder of a Cowork session, transcripts are in .claude/projects; the rest are the user's files and copies. */
function mayHoldTranscripts(path: string): boolean {
  const below = path.split(`/${COWORK_SESSIONS}/`)[1];
  if (below === undefined) return true;
  const parts = below.split("/");
  const session = parts.findIndex((part) => part.startsWith("local_"));
  if (session < 0) return parts.length <= MAX_GROUP_DEPTH && !path.endsWith(".jsonl") && parts[0] !== "skills-plugin";
  const [claude = ".claude", projects = "projects"] = parts.slice(session + 1);
  return claude === ".claude" && projects === "projects";
}

/** Depth of folders above the session folders. */
const MAX_GROUP_DEPTH = 3;

/** Real paths of all files below some directories whose name, or whose link's name, ends in .jsonl. */
export function transcriptsIn(roots: readonly string[]): string[] {
  const files = new Set<string>();
  const folders = new Set<string>();
  const open = [...roots];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const real = orDefault(() => realpathSync(path), null);
    const stat = real === null ? null : orDefault(() => statSync(real), null);
    if (real === null || stat === null) continue;
    if (stat.isFile() && path.endsWith(".jsonl")) files.add(real);
    if (!stat.isDirectory() || folders.has(real)) continue;
    folders.add(real);
    const below = orDefault(() => readdirSync(real), []).map((name) => join(real, name));
    open.push(...below.filter(mayHoldTranscripts));
  }
  return [...files].toSorted();
}

/** Bytes per read. */
const PIECE_BYTES = 16 * 1_048_576;

/** The first `limit` bytes of a file, all by default, piece by piece; each piece is valid until the next is requested. Null if the file cannot be opened. */
export function piecesOf(path: string, limit = Number.POSITIVE_INFINITY): Iterable<Buffer> | null {
  const fd = orDefault(() => openSync(path, "r"), null);
  return fd === null ? null : piecesIn(fd, limit);
}

function* piecesIn(fd: number, limit: number): Generator<Buffer> {
  try {
    const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, fstatSync(fd).size));
    for (let at = 0, got = -1; got !== 0; at += got) {
      got = orDefault(() => readSync(fd, buffer, 0, Math.min(buffer.length, limit - at), at), 0);
      if (got > 0) yield buffer.subarray(0, got);
    }
  } finally {
    closeSync(fd);
  }
}

function orDefault<T>(ask: () => T, otherwise: T): T {
  try {
    return ask();
  } catch {
    return otherwise;
  }
}
