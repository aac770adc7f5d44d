import { jsonlWriters } from "../JsonlWriter.ts";
import type { Sink } from "./contract.ts";

/** Stores records in JSONL files, for use with jq and grep. */
export const jsonl: Sink = {
  name: "jsonl",
  description: "usage.jsonl, status.jsonl, diagnostics.jsonl and limits.jsonl in the log directory",
  open({ directory, maxSize, maxFiles }) {
    const writers = jsonlWriters(directory, { maxSize, maxFiles });
    return {
      append: (kind, record) => writers[kind].append(record),
      read: (kind, since) => writers[kind].read(since),
      close() {},
    };
  },
};
