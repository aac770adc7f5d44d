import { readFileSync, statSync } from "node:fs";
import type { DocumentStore } from "../../sources/contract.ts";
import { MAX_FILE_BYTES, sourceFileOf } from "../source-file.ts";
import type { StoreReader } from "./contract.ts";
import { wholeTask } from "./whole.ts";

/** Reads files that are always written as a whole. */
export const documentStoreReader: StoreReader<DocumentStore> = {
  stamp: ({ stat }) => ({ size: stat.size, mtime: stat.mtimeMs }),
  // No state is kept: the current file contains everything.
  plan: (source, store, found, stamp) => wholeTask(source, store, found, stamp, null),
  *read(phase, { path, store, to }, emitter) {
    if (to > MAX_FILE_BYTES) emitter.skip(0, "file_too_large");
    else {
      const bytes = readFileSync(path);
      store.read(phase, { ...sourceFileOf(path, statSync(path).mtimeMs), bytes }, emitter);
    }
    yield { bytes: to, reached: to };
  },
};
