import { lockSync } from "proper-lockfile";
import { type Lock, tryLock } from "../../../../src/utils/lock.ts";

/** Arguments of a process that tries to take a lock. */
export interface ContenderArgs {
  readonly path: string;
  /** Our lock, or proper-lockfile as a control. */
  readonly kind: "ours" | "lockfile";
}

// Reads commands from stdin, one per line, and answers each with a line:
//   try <attempts>   tries that many times -> "held" or "none"; a held lock stays held
//   free             releases the lock -> "freed"
const { path, kind } = JSON.parse(Bun.argv[2] ?? "") as ContenderArgs;
let held: Lock | null = null;

function attempt(): Lock | null {
  if (kind === "ours") return tryLock(path);
  try {
    const release = lockSync(path, { realpath: false, onCompromised() {} });
    return { release: () => release() };
  } catch {
    return null;
  }
}

console.log("ready");
for await (const line of console) {
  const [word, times] = line.split(" ");
  if (word === "try") {
    for (let left = Number(times); left > 0 && held === null; left--) {
      held = attempt();
      if (held === null && left > 1) Bun.sleepSync(Math.random() * 2);
    }
    console.log(held === null ? "none" : "held");
  } else {
    try {
      held?.release();
    } catch {
      // Somebody else took it over, which is what the control shows.
    }
    held = null;
    console.log("freed");
  }
}
