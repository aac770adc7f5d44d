// Measures a hub: latency and memory with many machines, what a machine that follows costs, and how fast history joins.
import { Database } from "bun:sqlite";
import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "../../../src/install/bundle.ts";
import { decodeFrame, encodeFrame } from "../../../src/model/frame-coding.ts";
import { cacheFolder } from "../e2e/claude.ts";
import { cachedCorpus } from "../../ledger/corpus.ts";
import { responseLine } from "../../ledger/home.ts";
import { cpuOf, Home, makeMembers, mib, serve } from "./home.ts";
import { benchRow, type LoadPlan, type LoadResult } from "./load.ts";

const HELP = `bun run bench:hub: measures a hub, with the machines that send to it on the same computer

  --only NAME   one of 50, 2000, 10000, follow, join
  --seconds N   seconds of each measurement (20)`;

const { values } = parseArgs({
  options: { only: { type: "string" }, seconds: { type: "string", default: "20" }, help: { type: "boolean" } },
});
const seconds = Number(values.seconds);
const folder = mkdtempSync(join(tmpdir(), "pawprint-bench-hub-"));
const misses: string[] = [];

/** The limits that the figures are held against. */
const SCENARIOS = [
  { machines: 50, rate: 5, p99: 50 },
  { machines: 2_000, rate: 5, p99: 150 },
  { machines: 10_000, rate: 0.5, p99: 150 },
] as const;
const HUB_MIB = 128;
const FOLLOW_MIB = 80;
const FOLLOW_CORES = 0.03;
const FOLLOW_P99_MS = 1_000;
const JOIN_SECONDS = 10;

function say(what: string, value: number, unit: string, limit: number): void {
  const isMet = value <= limit;
  if (!isMet) misses.push(what);
  console.log(`${what}: ${value.toFixed(value < 10 ? 2 : 1)} ${unit}, ${isMet ? "meets" : "misses"} ${limit} ${unit}`);
}

async function measureLoad(entryFile: string, { machines, rate, p99 }: (typeof SCENARIOS)[number]): Promise<void> {
  using home = new Home(entryFile, folder, `load-${machines}`);
  const members = makeMembers(home, machines);
  await using hub = await serve(home);
  const plan: LoadPlan = { url: hub.url, ...members, rate, warmUpSeconds: 4, seconds };
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "load.ts")], { stdin: "pipe", stdout: "pipe" });
  void child.stdin.write(JSON.stringify(plan));
  void child.stdin.end();
  const cpu = cpuOf(hub.pid);
  const began = performance.now();
  const result = JSON.parse(await child.stdout.text()) as LoadResult;
  if (result.seen === 0) throw new Error(`no commit was seen: ${result.observed} observed; ${result.stops.join("; ")}`);
  const cores = (cpuOf(hub.pid) - cpu) / ((performance.now() - began) / 1_000);
  console.log(
    `\n${machines} machines x ${rate}/s: ${result.observed} observed, ${result.acknowledged} acknowledged, ${result.seen} measured; ` +
      `p50 ${result.p50.toFixed(1)} ms, largest ${result.largest.toFixed(0)} ms, hub ${cores.toFixed(2)} cores${result.stops.length > 0 ? `; ${result.stops.join("; ")}` : ""}`,
  );
  if (result.acknowledged < result.observed) misses.push(`${machines} machines: not all is acknowledged`);
  say("  p99 from observation to subscriber", result.p99, "ms", p99);
  say("  memory of the hub at most", mib(hub.pid, "VmHWM"), "MiB", HUB_MIB);
}

/** What the disk and SQLite alone take for such rows: a bare loop, with 500 rows in a transaction that is synced. */
function measureBareInserts(): void {
  using database = new Database(join(folder, "bare.db"));
  database.run("PRAGMA journal_mode=WAL");
  database.run("PRAGMA synchronous=FULL");
  database.run("CREATE TABLE row (seq INTEGER PRIMARY KEY, key TEXT UNIQUE, body TEXT)");
  const insert = database.prepare("INSERT INTO row (key, body) VALUES (?, ?)");
  const times: number[] = [];
  const began = performance.now();
  for (let batch = 0; batch < 100; batch++) {
    const from = performance.now();
    database.transaction(() => {
      for (let number = 0; number < 500; number++) insert.run(...benchRow(`bare${batch}-`, number, 1_700_000_000_000));
    })();
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  const rate = 50_000 / ((performance.now() - began) / 1_000);
  console.log(
    `bare SQLite loop, 500 rows a transaction, synced: ${Math.round(rate)} rows/s, p99 ${times[98]?.toFixed(1)} ms`,
  );
}

/** A home with transcripts that has joined a hub of its own. */
async function joined(entryFile: string, name: string, megabytes: number, files: number) {
  const hubHome = new Home(entryFile, folder, `${name}-hub`);
  const { reader } = makeMembers(hubHome, 0);
  const hub = await serve(hubHome);
  const machine = new Home(entryFile, folder, name);
  const corpus = cachedCorpus(join(cacheFolder(), "corpus"), { megabytes, files, seed: 7 });
  cpSync(join(corpus.home, ".claude/projects"), join(machine.home, ".claude/projects"), { recursive: true });
  const invited = JSON.parse(await hubHome.run("invite", name, "--local", "--json")) as {
    url: string;
    code: string;
    command: string;
  };
  const address = invited.command.split(" ").at(-1) ?? "";
  return { hubHome, hub, machine, address, reader };
}

async function measureFollow(entryFile: string): Promise<void> {
  const { hubHome, hub, machine, address, reader } = await joined(entryFile, "follow", 100, 119);
  try {
    await machine.run("login", address);
    const follow = machine.start("sync", "--follow");
    const projects = join(machine.home, ".claude/projects");
    const transcript = readdirSync(projects, { recursive: true, encoding: "utf8" })
      .filter((one) => one.endsWith(".jsonl"))
      .map((one) => join(projects, one))
      .toSorted((a, b) => statSync(a).size - statSync(b).size)[0];
    const socket = new WebSocket(`${hub.url.replace(/^http/, "ws")}/v1/stream`, {
      headers: { authorization: `Bearer ${reader}` },
    });
    let arrived: ((at: number) => void) | null = null;
    const arrivedRows = { count: 0 };
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      const frame = decodeFrame(typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer));
      if (frame.type !== "commit") return;
      arrivedRows.count += frame.machines.reduce((sum, one) => sum + one.rows, 0);
      arrived?.(performance.now());
    });
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    socket.send(encodeFrame({ type: "subscribe" }));
    // Until the history has joined.
    for (let before = -1; before !== arrivedRows.count || before <= 0;) {
      before = arrivedRows.count;
      await Bun.sleep(3_000);
    }
    const latencies: number[] = [];
    const cpu = cpuOf(follow.pid);
    const began = performance.now();
    for (let line = 0; line < seconds * 3; line++) {
      const seen = new Promise<number>((resolve) => (arrived = resolve));
      const from = performance.now();
      appendFileSync(transcript as string, `${responseLine(`follow${line}`, { at: Date.now() })}\n`);
      latencies.push((await Promise.race([seen, Bun.sleep(10_000).then(() => NaN)])) - from);
      await Bun.sleep(250 * Math.random());
    }
    const cores = (cpuOf(follow.pid) - cpu) / ((performance.now() - began) / 1_000);
    latencies.sort((a, b) => a - b);
    console.log(
      `\nsync --follow, 100 MB in 119 files: ${latencies.length} lines, p50 ${latencies[latencies.length >> 1]?.toFixed(0)} ms`,
    );
    say(
      "  p99 from a transcript's line to a subscriber",
      latencies[Math.floor(latencies.length * 0.99)] ?? NaN,
      "ms",
      FOLLOW_P99_MS,
    );
    say("  memory of sync --follow at most", mib(follow.pid, "VmHWM"), "MiB", FOLLOW_MIB);
    say("  processor of sync --follow", cores, "cores", FOLLOW_CORES);
    follow.kill();
    await follow.exited;
  } finally {
    await hub[Symbol.asyncDispose]();
    machine[Symbol.dispose]();
    hubHome[Symbol.dispose]();
  }
}

async function measureJoin(entryFile: string): Promise<void> {
  const { hubHome, hub, machine, address } = await joined(entryFile, "join", 1_024, 996);
  try {
    // What is measured is the joining; reading the transcripts is what bench:ledger measures.
    await machine.run("scan", "--wait");
    const began = performance.now();
    await machine.run("login", address);
    const result = JSON.parse(await machine.run("sync", "--json")) as {
      sent: number;
      acknowledged: number;
      pending: number;
    };
    const took = (performance.now() - began) / 1_000;
    console.log(`\n1 GB of history: ${result.acknowledged} rows acknowledged, ${result.pending} pending`);
    say("  login and sync over loopback", took, "s", JOIN_SECONDS);
    say("  memory of the hub at most", mib(hub.pid, "VmHWM"), "MiB", HUB_MIB);
  } finally {
    await hub[Symbol.asyncDispose]();
    machine[Symbol.dispose]();
    hubHome[Symbol.dispose]();
  }
}

async function main(): Promise<void> {
  if (values.help) return console.log(HELP);
  const built = join(folder, "program");
  await bundle(built, join(import.meta.dir, "../../.."));
  const entryFile = join(built, "cli.js");
  console.log(
    `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, Bun ${Bun.version}; machines and hub share them`,
  );
  const isWanted = (name: string): boolean => values.only === undefined || values.only === name;
  measureBareInserts();
  for (const scenario of SCENARIOS) if (isWanted(String(scenario.machines))) await measureLoad(entryFile, scenario);
  if (isWanted("follow")) await measureFollow(entryFile);
  if (isWanted("join")) await measureJoin(entryFile);
  console.log(misses.length === 0 ? "\nall figures are met" : `\nmissed: ${misses.join("; ")}`);
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
