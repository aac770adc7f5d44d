// Kills a hub and its machines while transcripts are written, and compares the hub with the transcripts: bun run hub:kills [--help]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "../../../src/install/bundle.ts";
import { Campaign } from "./campaign.ts";

const HELP = `bun run hub:kills: kills a hub and machines with -9 while transcripts are written, cuts, delays and doubles what they send,
restores the hub and ledgers from copies, reinstalls and clones machines; after each phase the hub equals the transcripts

  --kills N   how many (1000)
  --phase N   kills of a phase (50)
  --seed N    the seed of what happens (1); how far each process has come at that moment differs`;

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    phase: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean" },
  },
});
const KILLS = Number(values.kills);
const PHASE = Number(values.phase);

async function run(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "pawprint-kills-"));
  const dist = join(folder, "dist");
  await bundle(dist, resolve(import.meta.dir, "../../.."));
  const campaign = new Campaign(folder, join(dist, "cli.js"), Number(values.seed));
  const stop = (): void =>
    void campaign.end().then(() => (rmSync(folder, { recursive: true, force: true }), process.exit(130)));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  const began = performance.now();
  let phases = 0;
  try {
    await campaign.setUp();
    let isGood = true;
    while (isGood && campaign.kills < KILLS) {
      await campaign.phase(Math.min(PHASE, KILLS - campaign.kills));
      isGood = await campaign.settle(++phases);
    }
    if (isGood) await campaign.reports();
  } finally {
    await campaign.end();
  }
  const { checks, events, complaints, kills, network } = campaign;
  checks.note(`what happened: ${JSON.stringify(events)}`);
  checks.note(network);
  for (const [what, count] of Object.entries(complaints)) checks.note(`${count} times ended by itself: ${what}`);
  console.log(
    `${kills} kills in ${phases} phases, ${Math.round((performance.now() - began) / 1_000)} s: ${checks.passed} passed, ${checks.failed} failed`,
  );
  if (checks.failed === 0) rmSync(folder, { recursive: true, force: true });
  else console.log(`kept: ${folder}`);
  return checks.failed === 0 ? 0 : 1;
}

if (values.help) console.log(HELP);
else process.exit(await run());
