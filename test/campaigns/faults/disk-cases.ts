import { chmodSync, chownSync, closeSync, mkdirSync, openSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Harness, StartOptions } from "./harness.ts";
import { asNobody, succeeds, limited, type Capabilities, NOBODY, type SmallDisk, smallDisk } from "./capabilities.ts";

/** A disk fault: how it starts, how it ends, and when. */
export interface DiskCase {
  readonly name: string;
  /** The capability of the machine that it needs; null for none. */
  readonly needs: keyof Capabilities | null;
  /** Whether it also runs in the gate. */
  readonly isQuick?: boolean;
  /** Shortest and longest time that the program takes to answer, milliseconds. */
  readonly delay?: readonly [number, number];
  /** How the entry points are started during the fault. */
  readonly start?: StartOptions;
  /** How they are started before and after the fault. */
  readonly before?: StartOptions;
  /** Whether a record is written before the fault, for cases that need existing data. */
  readonly isAfterRecord?: boolean;
  /** Whether the fault starts while the worker waits for the program's answer. */
  readonly isLate?: boolean;
  /** Whether the fault ends while the worker is still retrying, so that nothing needs to be reported. */
  readonly isShort?: boolean;
  /** Prepares the directory; the result is disposed at the end. */
  prepare?(harness: Harness): Disposable;
  /** Starts the fault; returns a function that ends it. */
  fault(harness: Harness, place: Disposable | null): () => void;
}

const disk = (options: string) => ({
  needs: "mount" as const,
  prepare: (harness: Harness) => smallDisk(harness.logs, options),
});
const space = (options: string) => (_: Harness, place: Disposable | null) => () => (place as SmallDisk).change(options);

function fill(_: Harness, place: Disposable | null): () => void {
  (place as SmallDisk).fill();
  return () => (place as SmallDisk).free();
}

function must(...command: string[]): void {
  if (!succeeds(...command)) throw new Error(`${command.join(" ")} failed`);
}

function immutable(pathOf: (harness: Harness) => string) {
  return (harness: Harness): (() => void) => {
    must("chattr", "+i", pathOf(harness));
    return () => must("chattr", "-i", pathOf(harness));
  };
}

/** Gives the whole home to the user nobody. */
function giveToNobody(harness: Harness): Disposable {
  must("chown", "-R", `${NOBODY}:${NOBODY}`, harness.home);
  return { [Symbol.dispose]() {} };
}
const nobody = {
  needs: "nobody",
  start: { through: asNobody },
  before: { through: asNobody },
  prepare: giveToNobody,
} as const;

function noMoreFiles({ logs }: Harness): () => void {
  const made: string[] = [];
  try {
    for (;;) {
      const path = join(logs, `filler-${made.length}`);
      closeSync(openSync(path, "wx"));
      made.push(path);
    }
  } catch {
    return () => made.forEach((path) => unlinkSync(path));
  }
}

/** All faults of the disk, of permissions and of process limits. */
export const diskCases: readonly DiskCase[] = [
  { name: "ENOSPC, 1 MB in total", ...disk("size=1m"), isQuick: true, fault: space("size=200m") },
  {
    name: "ENOSPC, 64 KB in total and completely filled",
    ...disk("size=64k"),
    fault(harness, place) {
      fill(harness, place);
      return space("size=200m")(harness, place);
    },
  },
  {
    name: "ENOSPC while the program answers",
    ...disk("size=40m"),
    delay: [900, 950],
    isAfterRecord: true,
    isLate: true,
    fault: fill,
  },
  {
    name: "ENOSPC for a moment",
    ...disk("size=40m"),
    isQuick: true,
    delay: [900, 950],
    isAfterRecord: true,
    isLate: true,
    isShort: true,
    fault: fill,
  },
  { name: "ENOSPC, no free inodes", ...disk("size=200m,nr_inodes=60"), isAfterRecord: true, fault: noMoreFiles },
  {
    name: "EROFS",
    ...disk("size=200m"),
    isQuick: true,
    isAfterRecord: true,
    fault(_, place) {
      (place as SmallDisk).change("ro");
      return () => (place as SmallDisk).change("rw");
    },
  },
  {
    name: "EACCES, the folder above belongs to another user",
    ...nobody,
    isQuick: true,
    fault({ home }) {
      chownSync(home, 0, 0);
      chmodSync(home, 0o755);
      return () => chownSync(home, NOBODY, NOBODY);
    },
  },
  {
    name: "EACCES, the log directory is not writable",
    ...nobody,
    isAfterRecord: true,
    fault({ logs }) {
      chmodSync(logs, 0o500);
      return () => chmodSync(logs, 0o700);
    },
  },
  {
    name: "EACCES, the log directory belongs to another user",
    ...nobody,
    fault({ logs }) {
      mkdirSync(logs, { mode: 0o755 });
      return () => chownSync(logs, NOBODY, NOBODY);
    },
  },
  {
    name: "EACCES, the log itself belongs to another user",
    ...nobody,
    isAfterRecord: true,
    fault({ logs }) {
      chownSync(join(logs, "usage.jsonl"), 0, 0);
      return () => chownSync(join(logs, "usage.jsonl"), NOBODY, NOBODY);
    },
  },
  {
    name: "EPERM, the log is immutable",
    needs: "immutable",
    isAfterRecord: true,
    fault: immutable(({ logs }) => join(logs, "usage.jsonl")),
  },
  { name: "EPERM, the log directory is immutable", needs: "immutable", fault: missingLog },
  {
    name: "EPERM, the run directory is immutable",
    needs: "immutable",
    isAfterRecord: true,
    fault: immutable(({ files }) => files.run),
  },
  {
    name: "EFBIG, files of at most 1 KB",
    needs: null,
    isAfterRecord: true,
    start: { through: limited("-f 1") },
    fault: () => () => {},
  },
  {
    name: "EMFILE, 9 descriptors",
    needs: null,
    isQuick: true,
    start: { through: limited("-n 9") },
    fault: () => () => {},
  },
];

/** A log directory without a log, in which none can be created. */
function missingLog(harness: Harness): () => void {
  mkdirSync(harness.files.run, { recursive: true, mode: 0o700 });
  return immutable(({ logs }) => logs)(harness);
}
