import type { RecordedHome } from "../../sources/recorded.ts";
import { filesOf, growsByLines } from "../../sources/home.ts";
import { fuzzLines } from "./lines.ts";
import { fuzzRows } from "./rows.ts";
import { Tally } from "./tally.ts";
import { fuzzDocuments, fuzzFiles } from "./whole.ts";

/** How much of a source is damaged. */
export interface Extent {
  /** Damaged records, distributed over its homes. */
  readonly records: number;
  /** Damaged databases and compressed files, for each home whose files are databases or may be compressed. */
  readonly files: number;
}

/** Damages the files of one source, the same way for the same seed. */
export async function fuzzSource(homes: readonly RecordedHome[], extent: Extent, seed: number): Promise<Tally> {
  const tally = new Tally();
  const parts = homes.flatMap((home) => {
    const files = filesOf(home).filter((file) => growsByLines(file) || file.store?.kind !== "lines");
    const kinds = new Set(files.map(({ store }) => store?.kind).filter((kind) => kind !== undefined));
    return [...kinds].map((kind) => ({ home, kind }));
  });
  for (const { home, kind } of parts) await damages[kind](home, Math.ceil(extent.records / parts.length), seed, tally);
  for (const home of homes) await fuzzFiles(home, extent.files, seed, tally);
  return tally;
}

const damages = { lines: fuzzLines, document: fuzzDocuments, tables: fuzzRows };
