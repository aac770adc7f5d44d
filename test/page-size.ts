// Prints the sizes of the page's files, packed. Fails if they are over the limit, or use what no or not every browser has:
// bun test/page-size.ts
import { bundledPage } from "../src/hub/page/bundled.ts";

/** Bytes of all files of the page together, as gzip. */
const LIMIT = 60_000;

let all = 0;
let missing = 0;
for (const [path, { type, body, gzip, zstd }] of bundledPage()) {
  console.log(`${path}: ${gzip.length} bytes gzip, ${zstd.length} bytes zstd`);
  all += gzip.length;
  if (!type.startsWith("text/javascript")) continue;
  for (const [found] of new TextDecoder().decode(body).matchAll(/.{0,60}\b(?:Bun|Temporal|process|Buffer)\..{0,30}/g)) {
    console.log(`not in every browser: ${found}`);
    missing++;
  }
}
console.log(`the page: ${all} bytes gzip of at most ${LIMIT}`);
process.exit(all <= LIMIT && missing === 0 ? 0 : 1);
