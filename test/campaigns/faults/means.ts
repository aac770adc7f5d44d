import { chmodSync, closeSync, constants, copyFileSync, mkdirSync, openSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "./campaign.ts";

/** The user and group that own nothing. */
export const NOBODY = 65_534;
/** Words before a command that is to run as nobody; without faketime, whose semaphore is that of the user who started it. */
export const asNobody = [
  "env",
  "--unset=LD_PRELOAD",
  "setpriv",
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  "--clear-groups",
] as const;

/** Words before a command that is to run under a limit of the shell's ulimit. */
export const limited = (limit: string): string[] => ["bash", "-c", `ulimit ${limit}; exec "$@"`, "bash"];

/** Runs a command; whether it succeeded. */
export function does(...command: string[]): boolean {
  return (
    Bun.which(command[0] ?? "") !== null && Bun.spawnSync(command, { stdio: ["ignore", "ignore", "ignore"] }).success
  );
}

/** Why something cannot be done here, or null where it can. */
export interface Means {
  readonly mount: string | null;
  readonly immutable: string | null;
  readonly nobody: string | null;
  readonly strace: string | null;
}

/** Tries out what this machine lets us do. */
export function means(): Means {
  const isRoot = process.getuid?.() === 0;
  const root = "needs root";
  using directory = scratch();
  const canMount = isRoot && does("mount", "-t", "tmpfs", "tmpfs", directory.path) && does("umount", directory.path);
  const file = join(directory.path, "file");
  closeSync(openSync(file, "w"));
  const canFix = isRoot && does("chattr", "+i", file) && does("chattr", "-i", file);
  return {
    mount: canMount ? null : isRoot ? "mounting is not allowed" : root,
    immutable: canFix ? null : isRoot ? "chattr +i is not possible in the temporary folder" : root,
    nobody:
      isRoot && canActAsNobody(directory.path)
        ? null
        : isRoot
          ? "setpriv is missing, or nobody may not enter the temporary folder"
          : root,
    strace: does("strace", "-qq", "-o", "/dev/null", "true") ? null : "strace is missing or may not trace",
  };
}

/** Whether nobody can be played, and reach what lies in the temporary folder. */
function canActAsNobody(directory: string): boolean {
  chmodSync(directory, 0o755);
  return does(...asNobody, "test", "-x", directory);
}

let bun: string | null = null;

/**
 * The path of a Bun that nobody may run: this one, or a copy of it, gone when this process ends, where this one lies in a folder
 * of its owner alone, as in root's own home with mode 0700, where npx keeps it.
 */
export function bunForNobody(): string {
  bun ??= process.getuid?.() !== 0 || does(...asNobody, process.execPath, "--version") ? process.execPath : copyOfBun();
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

/** A small file system of its own. */
export interface SmallDisk extends Disposable {
  readonly path: string;
  /** Changes its options, for instance "size=64m" or "ro". */
  change(options: string): void;
  /** Takes all space that is left, to the last byte. */
  fill(): void;
  /** Gives back what fill took. */
  free(): void;
}

/** Mounts a fresh tmpfs with these options under a directory; throws where that fails. */
export function smallDisk(path: string, options: string): SmallDisk {
  mkdirSync(path, { recursive: true });
  const must = (...command: string[]): void => {
    if (!does(...command)) throw new Error(`${command.join(" ")} failed`);
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
      if (!does("umount", path)) must("umount", "-l", path);
    },
  };
}
