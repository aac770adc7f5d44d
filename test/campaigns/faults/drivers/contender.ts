import { lockSync } from "proper-lockfile";
import { type Lock, tryLock } from "../../../../src/utils/lock.ts";

/** What a process that wants a lock is told. */
export interface ContenderArgs {
  readonly path: string;
  /** Ours, or proper-lockfile as a control. */
  readonly kind: "ours" | "lockfile";
}

// Takes words from stdin, one a line, and answers each with a line:
//   try <attempts>   tries that often -> "held" or "none"; what is held stays held
//   free             lets go -> "freed"
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
      // Somebody else took it over: that is what the control is about.
    }
    held = null;
    console.log("freed");
  }
}
