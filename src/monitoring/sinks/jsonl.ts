import { JsonlLog } from "../JsonlLog.ts";
import type { Sink } from "./contract.ts";

/** Stores records in JSONL files, for use with jq and grep. */
export const jsonl: Sink = {
  name: "jsonl",
  description: "usage.jsonl, status.jsonl, diagnostics.jsonl and limits.jsonl in the log directory",
  open({ directory, maxSize, maxFiles }) {
    const log = new JsonlLog(directory, { maxSize, maxFiles });
    return {
      append: (kind, record) => log.append(kind, record),
      read: (kind, since) => log.read(kind, since),
      close() {},
    };
  },
};
