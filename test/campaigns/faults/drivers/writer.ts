import { appendFileSync, writeSync } from "node:fs";
import { JsonlWriter } from "../../../../src/monitoring/JsonlWriter.ts";
import { tryLock } from "../../../../src/utils/lock.ts";
import { numberedRecord } from "../numbered.ts";

/** Arguments of a writer process. */
export interface WriterArgs {
  /** The real writer under the lock, or a bare append as a control. */
  readonly mode: "locked" | "plain";
  readonly path: string;
  readonly lock: string;
  /** The records are <prefix>-<first>, <prefix>-<first + 1>, ... */
  readonly prefix: string;
  readonly first: number;
  readonly count: number;
  /** Characters of text in a record; one of these at random. */
  readonly sizes: readonly number[];
  readonly maxSize: number;
  readonly maxFiles: number;
  /** Longest wait before the lock is tried again, milliseconds. */
  readonly waitMs: number;
}

// Appends numbered records and prints the id of each one once its append has returned.
const args = JSON.parse(Bun.argv[2] ?? "") as WriterArgs;
const writer = new JsonlWriter(args.path, args);

for (let number = args.first; number < args.first + args.count; number++) {
  const size = args.sizes[Math.floor(Math.random() * args.sizes.length)] ?? 0;
  const record = numberedRecord(`${args.prefix}-${number}`, size);
  if (args.mode === "plain") appendFileSync(args.path, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  else underLock(() => writer.append(record));
  writeSync(1, `${record.id}\n`);
}

function underLock(action: () => void): void {
  for (;;) {
    const lock = tryLock(args.lock);
    if (lock) {
      try {
        return action();
      } finally {
        lock.release();
      }
    }
    Bun.sleepSync(0.2 + Math.random() * args.waitMs);
  }
}
