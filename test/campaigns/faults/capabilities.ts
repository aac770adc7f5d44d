import { chmodSync, closeSync, constants, copyFileSync, mkdirSync, openSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "./campaign.ts";

/** The id of the user and group nobody. */
export const NOBODY = 65_534;
/** Arguments that make a command run as nobody, without faketime, whose semaphore belongs to the user who started it. */
export const asNobody = [
  "env",
  "--unset=LD_PRELOAD",
  "setpriv",
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  "--clear-groups",
] as const;

/** Arguments that make a command run under a limit of the shell's ulimit. */
export const limited = (limit: string): string[] => ["bash", "-c", `ulimit ${limit}; exec "$@"`, "bash"];

/** Runs a command and returns whether it succeeded. */
export function succeeds(...command: string[]): boolean {
  return (
    Bun.which(command[0] ?? "") !== null && Bun.spawnSync(command, { stdio: ["ignore", "ignore", "ignore"] }).success
  );
}

/** For each capability, why it is not available here, or null if it is. */
export interface Capabilities {
  readonly mount: string | null;
  readonly immutable: string | null;
  readonly nobody: string | null;
  readonly strace: string | null;
}

/** Tests the capabilities of this machine. */
export function capabilities(): Capabilities {
  const isRoot = process.getuid?.() === 0;
  const root = "needs root";
  using directory = scratch();
  const canMount =
    isRoot && succeeds("mount", "-t", "tmpfs", "tmpfs", directory.path) && succeeds("umount", directory.path);
  const file = join(directory.path, "file");
  closeSync(openSync(file, "w"));
  const canFix = isRoot && succeeds("chattr", "+i", file) && succeeds("chattr", "-i", file);
  return {
    mount: canMount ? null : isRoot ? "mounting is not allowed" : root,
    immutable: canFix ? null : isRoot ? "chattr +i is not possible in the temporary folder" : root,
    nobody:
      isRoot && canActAsNobody(directory.path)
        ? null
        : isRoot
          ? "setpriv is missing, or nobody cannot enter the temporary folder"
          : root,
    strace: succeeds("strace", "-qq", "-o", "/dev/null", "true") ? null : "strace is missing or not allowed to trace",
  };
}

/** Whether a command can run as nobody and read the temporary folder. */
function canActAsNobody(directory: string): boolean {
  chmodSync(directory, 0o755);
  return succeeds(...asNobody, "test", "-x", directory);
}

let bun: string | null = null;

/**
 * The path of a Bun that nobody can run: this one, or, if this one is in a private folder such as root's home (where npx keeps
 * it), a copy that is removed when this process ends.
 */
export function bunForNobody(): string {
  bun ??=
    process.getuid?.() !== 0 || succeeds(...asNobody, process.execPath, "--version") ? process.execPath : copyOfBun();
  return bun;
}

function copyOfBun(): string {
  const directory = scratch();
  process.on("exit", () => directory[Symbol.dispose]());
  chmodSync(directory.path, 0o755);
  const copy = join(directory.path, "bun");
  copyFileSync(process.execPath, copy, constants.COPYFILE_FICLONE);
  chmodSync(copy, 0o755);
  return copy;
}

/** A small separate file system. */
export interface SmallDisk extends Disposable {
  readonly path: string;
  /** Changes its mount options, for example "size=64m" or "ro". */
  change(options: string): void;
  /** Fills all free space. */
  fill(): void;
  /** Frees what fill has used. */
  free(): void;
}

/** Mounts a new tmpfs with these options at a directory. Throws if that fails. */
export function smallDisk(path: string, options: string): SmallDisk {
  mkdirSync(path, { recursive: true });
  const must = (...command: string[]): void => {
    if (!succeeds(...command)) throw new Error(`${command.join(" ")} failed`);
  };
  must("mount", "-t", "tmpfs", "-o", `mode=0700,${options}`, "tmpfs", path);
  const filler = join(path, "filler");
  return {
    path,
    change: (changed) => must("mount", "-o", `remount,${changed}`, path),
    fill() {
      const fd = openSync(filler, "a");
      for (let block = 65_536; block >= 1;) {
        try {
          if (writeSync(fd, new Uint8Array(block)) < block) block = Math.floor(block / 2);
        } catch {
          block = Math.floor(block / 2);
        }
      }
      closeSync(fd);
    },
    free: () => unlinkSync(filler),
    [Symbol.dispose]() {
      if (!succeeds("umount", path)) must("umount", "-l", path);
    },
  };
}
