import { readFileSync, statSync } from "node:fs";
import type { DocumentStore } from "../../sources/contract.ts";
import { LARGEST, sourceFileOf } from "../source-file.ts";
import type { StoreReader } from "./contract.ts";
import { wholeTask } from "./whole.ts";

/** Files that are written anew as a whole. */
export const documentEngine: StoreReader<DocumentStore> = {
  look: ({ stat }) => ({ size: stat.size, mtime: stat.mtimeMs }),
  // Nothing is remembered: the file that is there now says everything.
  plan: (source, store, found, look) => wholeTask(source, store, found, look, null),
  *read(pass, { path, store, to }, findings) {
    if (to > LARGEST) findings.skipped(0, "file_too_large");
    else {
      const bytes = readFileSync(path);
      store.read(pass, { ...sourceFileOf(path, statSync(path).mtimeMs), bytes }, findings);
    }
    yield { bytes: to, reached: to };
  },
};
