// Runs all fault campaigns, or those named: bun run faults [name...] [--quick]. Prints "N passed, N failed" at the end.
import { campaigns } from "./registry.ts";
import { runCampaign } from "./campaign.ts";

const args = Bun.argv.slice(2);
const scale = args.includes("--quick") ? "quick" : "full";
const names = args.filter((arg) => !arg.startsWith("--"));
const unknown = names.filter((name) => !campaigns.some((campaign) => campaign.name === name));
if (unknown.length > 0) {
  console.error(`unknown campaign ${unknown.join(", ")}; one of: ${campaigns.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
for (const campaign of campaigns.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const started = performance.now();
  const found = await runCampaign(campaign, scale);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  const figures = Object.entries(found.figures).map(([name, value]) => `${name} ${value}`);
  console.log(`${found.failed.length === 0 ? "ok  " : "FAIL"} ${campaign.name} (${seconds} s): ${figures.join(", ")}`);
  for (const what of found.failed) console.log(`     failed: ${what}`);
  for (const what of found.skipped) console.log(`     skipped: ${what}`);
  passed += found.passed;
  failed += found.failed.length;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
