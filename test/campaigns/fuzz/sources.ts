import type { RecordedHome } from "../../sources/recorded.ts";
import { filesOf, growsByLines } from "../../sources/home.ts";
import { fuzzLines } from "./lines.ts";
import { fuzzRows } from "./rows.ts";
import { Tally } from "./tally.ts";
import { fuzzDocuments, fuzzFiles } from "./whole.ts";

/** How much of a source is damaged. */
export interface Extent {
  /** Damaged records, shared out among its homes. */
  readonly records: number;
  /** Damaged databases and packed files, for each home that has any or whose files may be packed. */
  readonly files: number;
}

/** Damages what one source reads, again and again the same for the same seed. */
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
