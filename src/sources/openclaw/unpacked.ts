const ZSTD = Buffer.from("28b52ffd", "hex");

/** Returns the text of a cell, which may be compressed with zstd; null if it has none or it is longer than `limit` bytes. */
export function unpacked(cell: unknown, limit: number): string | null {
  if (typeof cell === "string") return cell;
  if (!(cell instanceof Uint8Array)) return null;
  const bytes = Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength);
  if (!bytes.subarray(0, ZSTD.length).equals(ZSTD)) return bytes.toString("utf8", 0, limit);
  try {
    // Loaded here, because most events are not compressed.
    return process.getBuiltinModule("node:zlib").zstdDecompressSync(bytes, { maxOutputLength: limit }).toString("utf8");
  } catch {
    return null;
  }
}
