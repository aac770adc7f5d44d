import { readFileSync, statSync } from "node:fs";
import type { DocumentStore } from "../../sources/contract.ts";
import type { Engine } from "./contract.ts";
import { besideOf, namesBeside, wholeTask } from "./whole.ts";

/** A document that is larger is none of an assistant's. */
const LARGEST = 512 * 1_048_576;

/** Files that are written anew as a whole. */
export const documentEngine: Engine<DocumentStore> = {
  look: ({ stat }) => ({ size: stat.size, mtime: stat.mtimeMs }),
  // Nothing is remembered: the file that is there now says everything.
  plan: (source, store, found, look) => wholeTask(source, store, found, look, null),
  *read(pass, { path, store, to }, findings) {
    if (to > LARGEST) findings.skipped(0, "line_too_long");
    else {
      const bytes = readFileSync(path);
      const written = Math.floor(statSync(path).mtimeMs);
      store.read(pass, { path, bytes, written, beside: besideOf(path), names: namesBeside(path) }, findings);
    }
    yield { bytes: to, reached: to };
  },
};
