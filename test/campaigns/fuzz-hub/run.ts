// Sends damaged requests to every route of a hub: bun test/campaigns/fuzz-hub/run.ts [--each=10000] [--seed=1]
import { fuzzHub } from "./requests.ts";

const given = (name: string, otherwise: number): number =>
  Number(process.argv.find((one) => one.startsWith(`--${name}=`))?.split("=")[1] ?? otherwise);

const seed = given("seed", 1);
const found = await fuzzHub(given("each", 10_000), seed);
console.log(`${found.requests} requests by seed ${seed}: ${found.refused} refused, ${found.failed.length} failed`);
for (const one of found.failed.slice(0, 20)) console.log(one);
process.exit(found.failed.length === 0 ? 0 : 1);
