// A day of 50 machines in ten minutes: bun run hub:soak [--help]. Prints the memory of the hub each minute.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "../../../src/install/bundle.ts";
import { Home, makeMembers, mib, serve } from "../hub-bench/home.ts";
import type { LoadPlan, LoadResult } from "../hub-bench/load.ts";

const HELP = `bun run hub:soak: a day of 50 machines in ten minutes, with pages and reports, without growth of memory

  --minutes N   how long (10)`;

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" }, help: { type: "boolean" } } });
const minutes = Number(values.minutes);
const MACHINES = 50;
/** Rows of each machine per second: 3,000 in ten minutes. */
const RATE = 5;
/** Each machine connects anew after this time, seconds. */
const ROUND = 15;
/** Minutes until caches and statements are warm, and what the memory may grow by afterwards, MiB. */
const [WARM_MINUTES, MAX_GROWTH] = [3, 12];

/** Sends rows from all machines for a round; returns how many the hub has acknowledged. */
async function sendRound(plan: LoadPlan): Promise<number> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "../hub-bench/load.ts")], {
    stdin: Buffer.from(JSON.stringify(plan)),
    stdout: "pipe",
  });
  const { observed, acknowledged, stops } = JSON.parse(await child.stdout.text()) as LoadResult;
  if (acknowledged < observed || stops.length > 0)
    throw new Error(`${acknowledged} of ${observed} rows are acknowledged; ${stops.join("; ")}`);
  return acknowledged;
}

/** A page that shows what is committed, and asks for a report each second until it is stopped. */
async function page(url: string, token: string, stopped: AbortSignal): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  let reports = 0;
  while (!stopped.aborted) {
    const leave = AbortSignal.any([stopped, AbortSignal.timeout(10_000)]);
    const live = await fetch(`${url}/live`, { headers, signal: leave });
    const read = live.text().catch(() => "");
    while (!leave.aborted) {
      const answer = await fetch(`${url}/api/v1/reports/daily`, { headers });
      if (!answer.ok) throw new Error(`the report failed: ${answer.status} ${await answer.text()}`);
      await answer.text();
      reports++;
      await Bun.sleep(1_000);
    }
    await read;
  }
  return reports;
}

async function main(folder: string): Promise<number> {
  await bundle(join(folder, "program"), join(import.meta.dir, "../../.."));
  using home = new Home(join(folder, "program/cli.js"), folder, "hub");
  const members = makeMembers(home, MACHINES);
  await using hub = await serve(home);
  const stop = new AbortController();
  const reports = page(hub.url, members.reader, stop.signal);
  const sizes: number[] = [];
  let rows = 0;
  const began = performance.now();
  for (let sent = 0; sizes.length < minutes; sent += ROUND * RATE * 2) {
    const plan: LoadPlan = { url: hub.url, ...members, rate: RATE, sent, warmUpSeconds: 0, seconds: ROUND };
    rows += await sendRound(plan);
    if (performance.now() - began < (sizes.length + 1) * 60_000) continue;
    sizes.push(mib(hub.pid, "VmRSS"));
    console.log(`minute ${sizes.length}: ${sizes.at(-1)?.toFixed(1)} MiB, ${rows} rows`);
  }
  stop.abort();
  const growth = (sizes.at(-1) ?? 0) - Math.max(...sizes.slice(0, WARM_MINUTES));
  const isSteady = growth <= MAX_GROWTH;
  console.log(
    `${rows} rows, ${await reports} reports; ${growth.toFixed(1)} MiB more than in the first ${WARM_MINUTES} minutes`,
  );
  console.log(isSteady ? "memory does not grow" : "memory grows");
  return isSteady ? 0 : 1;
}

if (values.help) console.log(HELP);
else {
  const folder = mkdtempSync(join(tmpdir(), "pawprint-hub-soak-"));
  try {
    process.exitCode = await main(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
