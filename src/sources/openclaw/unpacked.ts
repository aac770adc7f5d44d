const ZSTD = Buffer.from("28b52ffd", "hex");

/** Returns the bytes of a cell, which may be compressed with zstd; null if it has none or more than `limit`. */
export function unpacked(cell: unknown, limit: number): Buffer | null {
  if (typeof cell === "string") return Buffer.from(cell);
  if (!(cell instanceof Uint8Array)) return null;
  const bytes = Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength);
  if (!bytes.subarray(0, ZSTD.length).equals(ZSTD)) return bytes;
  try {
    // Loaded here, because most events are not compressed.
    return process.getBuiltinModule("node:zlib").zstdDecompressSync(bytes, { maxOutputLength: limit });
  } catch {
    return null;
  }
}
