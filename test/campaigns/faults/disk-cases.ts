import { chmodSync, chownSync, closeSync, mkdirSync, openSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Harness, Start } from "./harness.ts";
import { asNobody, does, limited, type Means, NOBODY, type SmallDisk, smallDisk } from "./means.ts";

/** A fault of the disk: how it comes, how it goes, and when. */
export interface DiskCase {
  readonly name: string;
  /** What of the machine it needs; null where every machine can. */
  readonly needs: keyof Means | null;
  /** Run in the gate as well. */
  readonly isQuick?: boolean;
  /** Milliseconds that the program takes to answer, from and to. */
  readonly delay?: readonly [number, number];
  /** How the doors are started while the fault lasts. */
  readonly start?: Start;
  /** How they are started before and after it. */
  readonly before?: Start;
  /** The first record is made before the fault comes, for cases in which there must be something to spoil. */
  readonly isAfterRecord?: boolean;
  /** The fault comes while the worker waits for the program's answer. */
  readonly isLate?: boolean;
  /** The fault goes while the worker still tries again, so that nothing needs to be told. */
  readonly isShort?: boolean;
  /** Makes the place ready; what it returns is undone at the very end. */
  prepare?(harness: Harness): Disposable;
  /** Brings the fault about; the function that it returns makes it go away. */
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
  if (!does(...command)) throw new Error(`${command.join(" ")} failed`);
}

function immutable(pathOf: (harness: Harness) => string) {
  return (harness: Harness): (() => void) => {
    must("chattr", "+i", pathOf(harness));
    return () => must("chattr", "-i", pathOf(harness));
  };
}

/** The whole home for nobody, but for what the fault is about. */
function given(harness: Harness): Disposable {
  must("chown", "-R", `${NOBODY}:${NOBODY}`, harness.home);
  return { [Symbol.dispose]() {} };
}
const nobody = {
  needs: "nobody",
  start: { through: asNobody },
  before: { through: asNobody },
  prepare: given,
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

/** All faults that a disk, its permissions and a process's limits can give. */
export const diskCases: readonly DiskCase[] = [
  { name: "ENOSPC, 1 MB in all", ...disk("size=1m"), isQuick: true, fault: space("size=200m") },
  {
    name: "ENOSPC, 64 KB in all and taken to the last byte",
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
  { name: "ENOSPC, no file more", ...disk("size=200m,nr_inodes=60"), isAfterRecord: true, fault: noMoreFiles },
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
    name: "EACCES, the folder above is another user's",
    ...nobody,
    isQuick: true,
    fault({ home }) {
      chownSync(home, 0, 0);
      chmodSync(home, 0o755);
      return () => chownSync(home, NOBODY, NOBODY);
    },
  },
  {
    name: "EACCES, the log directory may not be written",
    ...nobody,
    isAfterRecord: true,
    fault({ logs }) {
      chmodSync(logs, 0o500);
      return () => chmodSync(logs, 0o700);
    },
  },
  {
    name: "EACCES, the log directory is another user's",
    ...nobody,
    fault({ logs }) {
      mkdirSync(logs, { mode: 0o755 });
      return () => chownSync(logs, NOBODY, NOBODY);
    },
  },
  {
    name: "EACCES, the log itself is another user's",
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

/** A log directory without log in which none can be made. */
function missingLog(harness: Harness): () => void {
  mkdirSync(harness.files.run, { recursive: true, mode: 0o700 });
  return immutable(({ logs }) => logs)(harness);
}
