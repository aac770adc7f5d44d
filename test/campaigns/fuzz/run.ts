// Damages records of all sources, or of the named ones: bun run fuzz:sources [name...] [--records=10000] [--files=100]
// [--seed=1]
import { recordedHomes } from "../../sources/homes.ts";
import { fuzzSource } from "./sources.ts";

const words = Bun.argv.slice(2);
const given = (name: string, usual: number): number =>
  Number(words.find((word) => word.startsWith(`--${name}=`))?.split("=")[1] ?? usual);
const extent = { records: given("records", 10_000), files: given("files", 100) };
const seed = given("seed", 1);
const names = words.filter((word) => !word.startsWith("--"));

const homes = Map.groupBy(recordedHomes, ({ source }) => source.name);
let failed = 0;
let passed = 0;
for (const [name, own] of homes) {
  if (names.length > 0 && !names.includes(name)) continue;
  const started = performance.now();
  const tally = await fuzzSource(own, extent, seed);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  const fates = Object.entries(tally.fates).map(([fate, count]) => `${count} ${fate}`);
  const figures = `${tally.records} damaged, of those with usage ${fates.join(", ")}; ${tally.neighbours} neighbours`;
  console.log(`${tally.failed.length === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s): ${figures}`);
  for (const what of tally.failed.slice(0, 20)) console.log(`     ${what}`);
  if (tally.failed.length > 20) console.log(`     and ${tally.failed.length - 20} more`);
  passed += +(tally.failed.length === 0);
  failed += +(tally.failed.length > 0);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
