// Sends damaged requests to every route of a hub: bun run fuzz:hub [--help]
import { parseArgs } from "node:util";
import { fuzzHub } from "./requests.ts";

const HELP = `bun run fuzz:hub: sends damaged requests to each route of a hub, and damaged frames of machines

  --each N   how many to each (10000)
  --seed N   the seed of the damage (1)`;

const { values } = parseArgs({
  options: {
    each: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean" },
  },
});

if (values.help) console.log(HELP);
else {
  const found = await fuzzHub(Number(values.each), Number(values.seed));
  console.log(
    `${found.requests} requests by seed ${values.seed}: ${found.refused} refused, ${found.failed.length} failed`,
  );
  for (const one of found.failed.slice(0, 20)) console.log(one);
  process.exitCode = found.failed.length === 0 ? 0 : 1;
}
