import { dlopen, ptr } from "bun:ffi";
import { platform } from "node:os";
import { childrenOf } from "./measure.ts";

// The line leaves its workers behind on purpose, so waiting for the line does not measure them. On Linux a process can
// adopt the processes that its descendants leave behind (prctl, PR_SET_CHILD_SUBREAPER): then it can wait for them like
// for its own children, and the kernel adds their time to its RUSAGE_CHILDREN. (man 2 prctl, man 2 getrusage)

const PR_SET_CHILD_SUBREAPER = 36;
const RUSAGE_CHILDREN = -1;
const RUSAGE_BYTES = 144;
const WNOHANG = 1;
const SCAN_MS = 100;

/** Adopts the processes that our descendants leave behind, and counts them. */
export class Orphans {
  readonly #library: ReturnType<typeof open>;
  readonly #own: ReadonlySet<number>;
  readonly #timer: Timer;
  readonly #adopted = new Set<number>();

  /** `own` are the processes that the caller waits for itself. Throws on systems other than Linux. */
  constructor(own: ReadonlySet<number>) {
    if (platform() !== "linux") throw new Error("the cost of orphaned processes can be measured on Linux only");
    this.#library = open();
    this.#own = own;
    if (this.#library.symbols.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) !== 0) throw new Error("prctl was refused");
    this.#timer = setInterval(() => this.scan(), SCAN_MS);
  }

  /** Number of adopted processes, including those still running. */
  get adopted(): number {
    return this.#adopted.size;
  }

  /** Reaps the processes that have ended and returns those still running. */
  scan(): number[] {
    const left = childrenOf(process.pid).filter((pid) => !this.#own.has(pid));
    for (const pid of left) this.#adopted.add(pid);
    return left.filter((pid) => this.#library.symbols.waitpid(pid, null, WNOHANG) === 0);
  }

  /** Milliseconds of processor time of all reaped processes and their children since this program began. */
  cpuMs(): number {
    const usage = new BigInt64Array(RUSAGE_BYTES / 8);
    this.#library.symbols.getrusage(RUSAGE_CHILDREN, ptr(usage));
    const [userS = 0n, userUs = 0n, systemS = 0n, systemUs = 0n] = usage;
    return Number(userS + systemS) * 1000 + Number(userUs + systemUs) / 1000;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#library.symbols.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
    this.#library.close();
  }
}

function open() {
  return dlopen("libc.so.6", {
    prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
    getrusage: { args: ["i32", "ptr"], returns: "i32" },
    waitpid: { args: ["i32", "ptr", "i32"], returns: "i32" },
  });
}
