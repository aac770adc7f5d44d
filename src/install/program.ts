import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { errnoOf, PawprintError } from "../utils/errors.ts";
import { replaceFile, syncDirectory, unlinkQuietly } from "../utils/files.ts";
import { refuseRootAmongOthersSync } from "../utils/ownership.ts";
import type { Places } from "../utils/paths.ts";
import { compile, isCheckout, type Piece, pieces } from "./bundle.ts";
import type { Environment } from "../utils/config.ts";
import { binOf, EXECUTABLE, launcherOf } from "./command.ts";

/** What starts the command line of a bundle. */
const LAUNCHER = "pawprint";
const STAGING = "staging";

/** What is to stand there. */
export interface Program {
  readonly files: readonly string[];
  /** What the executable is compiled from; null for the bundle. */
  readonly builtFrom: string | null;
  /** Puts every file that is missing or different in place, each whole, those last that load the others; returns their names. */
  put(installed: { files: readonly string[]; builtFrom: string | null }): Promise<string[]>;
  /** The names that put() would write. */
  missing(installed: { files: readonly string[]; builtFrom: string | null }): string[];
}

/** The program as it runs now, for ~/.claude/pets/bin: as a bundle, or as one executable. Throws internal, not_found. */
export async function programOf(places: Places, env: Environment, standalone: boolean): Promise<Program> {
  const bin = binOf(places);
  if (Bun.isStandaloneExecutable) return running(bin);
  const bundled = isCheckout(places.root) ? await pieces(places.root) : shipped(places.root);
  if (standalone) return compiled(bin, places.root, bundled);
  return asBundle(bin, [...bundled, { name: LAUNCHER, content: launcherOf(places, env), executable: true }]);
}

function asBundle(bin: string, bundled: readonly Piece[]): Program {
  const differing = (): Piece[] => bundled.filter((piece) => !holds(join(bin, piece.name), piece.content));
  return {
    files: bundled.map((piece) => piece.name),
    builtFrom: null,
    missing: () => differing().map((piece) => piece.name),
    put: async () => {
      const made = differing();
      for (const { name, content, executable } of made) {
        replaceFile(join(bin, name), content, executable ? 0o700 : 0o600);
      }
      return made.map((piece) => piece.name);
    },
  };
}

function compiled(bin: string, root: string, bundled: readonly Piece[]): Program {
  const builtFrom = fingerprint(bundled);
  const missing: Program["missing"] = (installed) =>
    installed.builtFrom === builtFrom && existsSync(join(bin, EXECUTABLE)) ? [] : [EXECUTABLE];
  return {
    files: [EXECUTABLE],
    builtFrom,
    missing,
    async put(installed) {
      if (missing(installed).length === 0) return [];
      const staging = emptyStaging(bin);
      const made = join(staging, EXECUTABLE);
      await compile(made, isCheckout(root) ? join(root, "src/cli.ts") : join(shippedAt(root), "cli.js"));
      moveInto(made, join(bin, EXECUTABLE));
      rmSync(staging, { recursive: true });
      return [EXECUTABLE];
    },
  };
}

/** What an executable is made of: this Bun and the program. */
function fingerprint(bundled: readonly Piece[]): string {
  const hash = new Bun.CryptoHasher("sha256");
  hash.update([Bun.version, Bun.revision, process.platform, process.arch].join(" "));
  for (const { name, content } of bundled) hash.update(name).update(content);
  return hash.digest("hex");
}

/** The running executable itself. */
function running(bin: string): Program {
  const target = join(bin, EXECUTABLE);
  const same = (): boolean =>
    existsSync(target) &&
    (realpathSync(target) === realpathSync(process.execPath) ||
      Bun.hash(readFileSync(target)) === Bun.hash(readFileSync(process.execPath)));
  return {
    files: [EXECUTABLE],
    builtFrom: `executable-${Bun.version}`,
    missing: () => (same() ? [] : [EXECUTABLE]),
    async put() {
      if (same()) return [];
      const made = join(emptyStaging(bin), EXECUTABLE);
      await Bun.write(made, Bun.file(process.execPath));
      chmodSync(made, 0o700);
      moveInto(made, target);
      rmSync(dirname(made), { recursive: true });
      return [EXECUTABLE];
    },
  };
}

/** A directory of ours, made 0700 where it is missing and tightened where it is wider. Throws directory_unusable, write_failed. */
export function ensureDirectory(path: string): void {
  refuseRootAmongOthersSync(path);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const stat = lstatSync(path);
  const uid = process.getuid?.() ?? stat.uid;
  if (!stat.isDirectory() || stat.uid !== uid) {
    const why = stat.isDirectory()
      ? `belongs to user ${stat.uid}, not to you (${uid})`
      : "is no directory, or a link to one";
    throw new PawprintError("directory_unusable", `${path} ${why}`, "move it away and try again");
  }
  if ((stat.mode & 0o777) !== 0o700) chmodSync(path, 0o700);
}

/** Removes files of ours from ~/.claude/pets/bin, and the directory once nothing else is in it; returns what was there. */
export function removeFiles(bin: string, names: readonly string[]): string[] {
  const gone = names.filter((name) => existsSync(join(bin, name)));
  for (const name of gone) unlinkQuietly(join(bin, name));
  rmSync(join(bin, STAGING), { recursive: true, force: true });
  try {
    rmdirSync(bin);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(errnoOf(error) ?? "")) throw error;
  }
  return gone;
}

/** The bundle that came with the program: its doors, and before them what they load, directly or not. */
function shipped(root: string): Piece[] {
  const directory = shippedAt(root);
  const found = new Map<string, Piece>();
  const add = (name: string): void => {
    if (found.has(name) || !existsSync(join(directory, name))) return;
    const bytes = readFileSync(join(directory, name));
    found.set(name, { name, content: new Uint8Array(bytes), executable: name === "cli.js" });
    if (!name.endsWith(".js")) return;
    add(`${name}.jsc`);
    for (const [, other = ""] of bytes.toString().matchAll(/["'`]\.\/([\w.-]+\.js)["'`]/g)) add(other);
  };
  for (const entryFile of ["statusline.js", "chain.js", "cli.js"]) add(entryFile);
  return [...found.values()].toReversed();
}

function shippedAt(root: string): string {
  const found = [join(root, "dist"), join(root, "bin")].find((directory) => existsSync(join(directory, "cli.js")));
  if (found) return found;
  throw new PawprintError(
    "not_found",
    `there is no bundle in ${root}/dist`,
    "install Pawprint again, or run: bun run build",
  );
}

function holds(path: string, content: string | Uint8Array): boolean {
  try {
    return (
      lstatSync(path).isFile() &&
      readFileSync(path).equals(typeof content === "string" ? Buffer.from(content) : content)
    );
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

function emptyStaging(bin: string): string {
  const staging = join(bin, STAGING);
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { mode: 0o700 });
  return staging;
}

function moveInto(from: string, to: string): void {
  const fd = openSync(from, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(from, to);
  syncDirectory(dirname(to));
}
