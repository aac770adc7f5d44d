import { constants, gzipSync, zstdDecompressSync } from "node:zlib";
import { hashOf } from "../codes.ts";
import { type PackedFile } from "./build.ts";
import { buildPage } from "./build.ts" with { type: "macro" };
import type { PageFile, PageFiles } from "./files.ts";

/** Content-Type by the ending of a file's name; the document of the page has none. */
const TYPES: Readonly<Record<string, string>> = {
  "": "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};
/** Digits of the hash that a browser gets. */
const TAG_LENGTH = 32;

/** The page as it is part of the program. Loaded only where it is served. */
export const bundledPage = (): PageFiles => new Map(buildPage().map((one) => [one.path, unpacked(one)]));

function unpacked({ path, zstd }: PackedFile): PageFile {
  const packed = Buffer.from(zstd, "base64");
  const [, ending = ""] = /\.(\w+)$/.exec(path) ?? [];
  const body = zstdDecompressSync(packed);
  return {
    type: TYPES[ending] ?? "application/octet-stream",
    body,
    gzip: gzipSync(body, { level: constants.Z_BEST_COMPRESSION }),
    zstd: packed,
    etag: hashOf(zstd).slice(0, TAG_LENGTH),
  };
}
