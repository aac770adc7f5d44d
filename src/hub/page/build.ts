import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import { ASSETS } from "./files.ts";

/** A file of the page, packed. */
export interface PackedFile {
  /** The path of its URL: /, or /assets/NAME-HASH.js. */
  readonly path: string;
  /** Compressed by zstd, as base64. */
  readonly zstd: string;
}

/**
 * Bundles src/dashboard. This is a macro: it runs when the program is bundled, so that the program has the page in it, or when a
 * checkout starts. Throws an Error with what the bundler says.
 */
export function buildPage(): PackedFile[] {
  const folder = mkdtempSync(join(tmpdir(), "pawprint-page-"));
  try {
    const entry = join(import.meta.dir, "../../dashboard/index.html");
    const flags = ["--minify", "--target=browser", `--outdir=${folder}`, `--public-path=${ASSETS}`];
    // Bun.build cannot be called while the bundler waits for a macro.
    const { success, stderr } = Bun.spawnSync([process.execPath, "build", entry, ...flags], { stderr: "pipe" });
    if (!success) throw new Error(`the page cannot be bundled: ${stderr.toString().slice(0, 2_000)}`);
    return readdirSync(folder).map((name) => packed(name, readFileSync(join(folder, name))));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const packed = (name: string, bytes: Buffer): PackedFile => ({
  path: name === "index.html" ? "/" : ASSETS + name,
  zstd: zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 19 } }).toString("base64"),
});
