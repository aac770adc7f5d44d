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
import { replaceFile, syncDirectory, removeIfPresent } from "../utils/files.ts";
import { refuseRootInForeignDirectorySync } from "../utils/ownership.ts";
import type { Places } from "../utils/paths.ts";
import { compile, isCheckout, type BundleFile, bundleFiles } from "./bundle.ts";
import type { Environment } from "../utils/config.ts";
import { binOf, EXECUTABLE, launcherOf } from "./command.ts";

/** Name of the shell script that starts the command line of a bundle. */
const LAUNCHER = "pawprint";
const STAGING = "staging";

/** A program to install in ~/.claude/pets/bin. */
export interface Program {
  readonly files: readonly string[];
  /** Fingerprint of what the executable is compiled from; null for the bundle. */
  readonly builtFrom: string | null;
  /** Writes every missing or different file atomically, entry points last; returns their names. */
  put(installed: { files: readonly string[]; builtFrom: string | null }): Promise<string[]>;
  /** Names of the files that put() would write. */
  missing(installed: { files: readonly string[]; builtFrom: string | null }): string[];
}

/** Returns the running program in installable form, as a bundle or as one executable. Throws internal, not_found. */
export async function programOf(places: Places, env: Environment, standalone: boolean): Promise<Program> {
  const bin = binOf(places);
  if (Bun.isStandaloneExecutable) return runningExecutable(bin);
  const bundled = isCheckout(places.root) ? await bundleFiles(places.root) : shippedFiles(places.root);
  if (standalone) return executableProgram(bin, places.root, bundled);
  return bundleProgram(bin, [...bundled, { name: LAUNCHER, content: launcherOf(places, env), executable: true }]);
}

function bundleProgram(bin: string, bundled: readonly BundleFile[]): Program {
  const differing = (): BundleFile[] => bundled.filter((piece) => !hasContent(join(bin, piece.name), piece.content));
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

function executableProgram(bin: string, root: string, bundled: readonly BundleFile[]): Program {
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
      await compile(made, isCheckout(root) ? join(root, "src/cli.ts") : join(shippedDirectory(root), "cli.js"));
      moveInto(made, join(bin, EXECUTABLE));
      rmSync(staging, { recursive: true });
      return [EXECUTABLE];
    },
  };
}

/** SHA-256 of what an executable is made of: this Bun and the program. */
function fingerprint(bundled: readonly BundleFile[]): string {
  const hash = new Bun.CryptoHasher("sha256");
  hash.update([Bun.version, Bun.revision, process.platform, process.arch].join(" "));
  for (const { name, content } of bundled) hash.update(name).update(content);
  return hash.digest("hex");
}

/** The running executable, to be copied. */
function runningExecutable(bin: string): Program {
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

/** Creates a directory with mode 0700, or sets that mode on an existing one. Throws directory_unusable, write_failed. */
export function ensureDirectory(path: string): void {
  refuseRootInForeignDirectorySync(path);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const stat = lstatSync(path);
  const uid = process.getuid?.() ?? stat.uid;
  if (!stat.isDirectory() || stat.uid !== uid) {
    const why = stat.isDirectory()
      ? `belongs to user ${stat.uid}, not to you (${uid})`
      : "is not a directory, or is a link";
    throw new PawprintError("directory_unusable", `${path} ${why}`, "move it away and try again");
  }
  if ((stat.mode & 0o777) !== 0o700) chmodSync(path, 0o700);
}

/** Removes our files from ~/.claude/pets/bin, and the directory if it is then empty; returns the names of the removed files. */
export function removeFiles(bin: string, names: readonly string[]): string[] {
  const present = names.filter((name) => existsSync(join(bin, name)));
  for (const name of present) removeIfPresent(join(bin, name));
  rmSync(join(bin, STAGING), { recursive: true, force: true });
  try {
    rmdirSync(bin);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(errnoOf(error) ?? "")) throw error;
  }
  return present;
}

/** The bundle shipped with the package: the files that the entry points load, directly or indirectly, then the entry points. */
function shippedFiles(root: string): BundleFile[] {
  const directory = shippedDirectory(root);
  const found = new Map<string, BundleFile>();
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

function shippedDirectory(root: string): string {
  const found = [join(root, "dist"), join(root, "bin")].find((directory) => existsSync(join(directory, "cli.js")));
  if (found) return found;
  throw new PawprintError(
    "not_found",
    `there is no bundle in ${root}/dist`,
    "install Pawprint again, or run: bun run build",
  );
}

function hasContent(path: string, content: string | Uint8Array): boolean {
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
