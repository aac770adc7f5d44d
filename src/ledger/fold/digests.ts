/** Sums over the digests of some rows: their number, and the sums of the low and the high 26 bits. */
export type DigestSum = readonly [rows: number, low: number, high: number];

/** How rows are divided into parts: by the low byte of the digest, or by the day since 1970 of their time. */
export type DigestParts = "bucket" | "day";

/** Sums by the name of the part: "0" to "255", or the day. */
export type DigestSums = Readonly<Record<string, DigestSum>>;

const HALF = 2 ** 26;

/** The sums over digests of rows that are not in a journal as they are sent. */
export function sumDigests(
  rows: Iterable<{ readonly digest: number; readonly day: number }>,
  by: DigestParts,
): DigestSums {
  const sums: Record<string, [number, number, number]> = {};
  for (const { digest, day } of rows) {
    const sum = (sums[by === "day" ? day : digest % 256] ??= [0, 0, 0]);
    sum[0]++;
    sum[1] += digest % HALF;
    sum[2] += Math.floor(digest / HALF);
  }
  return sums;
}

/** The names of the parts in which two ledgers differ. */
export const differingParts = (one: DigestSums, other: DigestSums): string[] =>
  Object.keys({ ...one, ...other }).filter((part) => one[part]?.join() !== other[part]?.join());
