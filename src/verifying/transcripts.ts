import { closeSync, fstatSync, openSync, readdirSync, readSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../utils/config.ts";
import { COWORK_SESSIONS, coworkFolders } from "../model/cowork-folders.ts";
import { transcriptDirectories } from "../utils/paths.ts";

/** Directories in which Claude Code keeps transcripts, and Claude Desktop those of Cowork. */
export function transcriptRoots(env: Environment, home: string): string[] {
  return [...transcriptDirectories(env, home).map((one) => join(one, "projects")), ...coworkFolders(env, home)];
}

/** In a session's folder of Cowork transcripts lie in .claude/projects; elsewhere are the user's files, and repetitions. */
function mayHoldTranscripts(path: string): boolean {
  const below = path.split(`/${COWORK_SESSIONS}/`)[1];
  if (below === undefined) return true;
  const parts = below.split("/");
  const session = parts.findIndex((part) => part.startsWith("local_"));
  if (session < 0) return parts.length <= DEEPEST && !path.endsWith(".jsonl") && parts[0] !== "skills-plugin";
  const [claude = ".claude", projects = "projects"] = parts.slice(session + 1);
  return claude === ".claude" && projects === "projects";
}

/** Folders above those of sessions. */
const DEEPEST = 3;

/** Real paths of all files below some directories whose name or whose link's name ends in .jsonl. */
export function transcriptsIn(roots: readonly string[]): string[] {
  const files = new Set<string>();
  const folders = new Set<string>();
  const open = [...roots];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const real = quietly(() => realpathSync(path), null);
    const stat = real === null ? null : quietly(() => statSync(real), null);
    if (real === null || stat === null) continue;
    if (stat.isFile() && path.endsWith(".jsonl")) files.add(real);
    if (!stat.isDirectory() || folders.has(real)) continue;
    folders.add(real);
    const below = quietly(() => readdirSync(real), []).map((name) => join(real, name));
    open.push(...below.filter(mayHoldTranscripts));
  }
  return [...files].toSorted();
}

/** Bytes that are read at once. */
const PIECE = 16 * 1_048_576;

/** The first bytes of a file, all where there is no limit, piece by piece; each holds until the next is asked for. Null when it cannot be opened. */
export function piecesOf(path: string, limit = Number.POSITIVE_INFINITY): Iterable<Buffer> | null {
  const fd = quietly(() => openSync(path, "r"), null);
  return fd === null ? null : piecesIn(fd, limit);
}

function* piecesIn(fd: number, limit: number): Generator<Buffer> {
  try {
    const buffer = Buffer.allocUnsafe(Math.min(PIECE, fstatSync(fd).size));
    for (let at = 0, got = -1; got !== 0; at += got) {
      got = quietly(() => readSync(fd, buffer, 0, Math.min(buffer.length, limit - at), at), 0);
      if (got > 0) yield buffer.subarray(0, got);
    }
  } finally {
    closeSync(fd);
  }
}

function quietly<T>(ask: () => T, otherwise: T): T {
  try {
    return ask();
  } catch {
    return otherwise;
  }
}
