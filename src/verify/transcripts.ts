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

/** The first `limit` bytes of a file, all by default; null if it cannot be read. */
export function bytesOf(path: string, limit = Number.POSITIVE_INFINITY): Buffer | null {
  return orDefault(() => {
    const fd = openSync(path, "r");
    try {
      const bytes = Buffer.allocUnsafe(Math.min(fstatSync(fd).size, limit));
      let have = 0;
      for (let got = -1; got !== 0 && have < bytes.length; have += got) {
        got = readSync(fd, bytes, have, bytes.length - have, have);
      }
      return bytes.subarray(0, have);
    } finally {
      closeSync(fd);
    }
  }, null);
}

function orDefault<T>(ask: () => T, otherwise: T): T {
  try {
    return ask();
  } catch {
    return otherwise;
  }
}
