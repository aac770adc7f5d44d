import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { captures } from "./captures.ts";
import { type Claude, putClaude } from "./claude.ts";
import { crowd, type CrowdReport } from "./crowd.ts";
import { type Harness, setUpHarness } from "./harness.ts";
import { installLine, type InstalledLine, waitForProcesses } from "./line.ts";
import { type Program, ratio, type Series, takeTurns } from "./measure.ts";
import { fetchPeers, peers } from "./peers.ts";
import { type Row, rowOf, tableText, verdict } from "./table.ts";

/** The largest acceptable ratio of our wall time to that of each other program. */
const TARGETS: Readonly<Record<string, number>> = { "bare bun": 2, ccline: 0.6, ccstatusline: 1 / 15 };
const SESSIONS = 10;
const CAPTURE_ROUNDS = 5;
const DUE_ROUNDS = 10;
const DUE_PAUSE_MS = 1_100;

const HELP = `bun run bench: measures the status line and its peers, a capture, and ten sessions

  --rounds N    runs of each program (40)
  --seconds S   length of the ten sessions (60)
  --only PART   line, capture or sessions`;

interface Section {
  readonly title: string;
  readonly rows: readonly (Row | string)[];
}

const failures: string[] = [];

function rowsOf(series: readonly Series[], row: (one: Series) => Row): Row[] {
  const rows: Row[] = [];
  for (const one of series) {
    if (one.failure === null) rows.push(row(one));
    else failures.push(one.failure);
  }
  return rows;
}

/** A refresh at which a capture is due: each run waits until it is, and for the worker of the previous run. */
async function dueRow(harness: Harness, line: InstalledLine): Promise<Row[]> {
  const due = line.refresh("pawprint, a capture due", { PET_USAGE_LOG_INTERVAL: "1000" });
  const series: Series[] = await takeTurns([due], DUE_ROUNDS, async () => {
    await waitForProcesses(harness);
    await Bun.sleep(DUE_PAUSE_MS);
  });
  return rowsOf(series, (one) => rowOf(one));
}

async function lineSection(harness: Harness, line: InstalledLine, rounds: number): Promise<Section> {
  const bare = join(harness.root, "bare.js");
  writeFileSync(bare, 'console.log("hello");\n');
  const { ready, missing } = peers(fetchPeers());
  failures.push(...missing);
  const ours = line.refresh("pawprint");
  const withCommand = (name: string, command: readonly string[], expects = ours.expects): Program => {
    return { ...ours, name, command, expects };
  };
  const others = [
    withCommand("bare bun", [...ours.command.slice(0, -1), bare], "hello"),
    ...ready.map(({ name, command }) => withCommand(name, command)),
  ];
  const held = { ...line.refresh("pawprint, stdin held open"), holdsOpen: true };
  const chained = line.chained("pawprint with a previous status line");
  const series = await takeTurns([ours, held, chained, ...others], rounds, harness.grow);
  const ourSeries = series[0];
  const rows = rowsOf(series, (one) => {
    if (!ourSeries || one.program === ours || ourSeries.failure !== null) return rowOf(one);
    const target = TARGETS[one.program.name.replace(/ \d.*$/, "")];
    const ratios = { wallRatio: ratio(ourSeries, one, "wallMs"), cpuRatio: ratio(ourSeries, one, "cpuMs") };
    return rowOf(one, target === undefined ? ratios : { ...ratios, target });
  });
  return { title: "one refresh", rows: [...rows.slice(0, 3), ...(await dueRow(harness, line)), ...rows.slice(3)] };
}

async function captureSection(harness: Harness, line: InstalledLine, claude: Claude): Promise<Section> {
  const { ours, alone } = captures(harness, line, claude);
  const series = await takeTurns([...ours, alone], CAPTURE_ROUNDS, harness.grow);
  const rows = rowsOf(series, (one) => rowOf(one));
  const title = claude.isReal
    ? "one capture, with the real claude, which can reach no server"
    : "one capture, with a stand-in: no real claude in the cache, nor in PAWPRINT_CLAUDE";
  return { title, rows };
}

const part = (value: number | null): string => (value === null ? "not known here" : value.toFixed(3));

function crowdSection(report: CrowdReport, claude: Claude): Section {
  const { cores, launches, records } = report;
  const total = cores.workers === null ? null : cores.lines + cores.workers;
  if (report.failures > 0) failures.push(`${report.failures} of ${report.refreshes} refreshes printed no line`);
  return {
    title: `${report.sessions} sessions, refreshed once a second for ${report.seconds} s, ${claude.isReal ? "real claude" : "stand-in"}`,
    rows: [
      `cores used       ${part(total)} (lines ${part(cores.lines)}, workers and claude ${part(cores.workers)})`,
      `refreshes        ${report.refreshes}, of them without a line ${report.failures}`,
      `usage intervals  ${report.usageIntervals}, with ${records.usage} usage and ${records.status} status records`,
      `launches         ${launches.workers ?? "unknown"} workers, ${launches.claude} of claude`,
      `processes left   ${report.processesLeft} (target 0: ${verdict(report.processesLeft, 0)})`,
    ],
  };
}

function header(rounds: number): string {
  const [first] = cpus();
  const load = loadavg()[0] ?? 0;
  return [
    `pawprint bench: Bun ${Bun.version}, ${cpus().length} x ${first?.model ?? "cpu"}, load ${load.toFixed(2)}, ${rounds} rounds`,
    "whole processes from spawn to exit, run in turn in a new order each round; medians, and medians of the ratios of each round",
    "harness: git repository, 5 MiB transcript that grows each round, 120 columns; MiB is the most that a program and its children held",
  ].join("\n");
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "40" },
      seconds: { type: "string", default: "60" },
      only: { type: "string", default: "" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const rounds = Number(values.rounds);
  const seconds = Number(values.seconds);
  if (!(rounds >= 1 && seconds >= 1)) throw new Error("--rounds and --seconds take a number from 1");
  const isSelected = (name: string): boolean => values.only === "" || values.only === name;

  console.log(header(rounds));
  const harness = setUpHarness();
  try {
    const claude = putClaude(join(harness.root, "bin"));
    const line = await installLine(harness, claude);
    const sections: Section[] = [];
    if (isSelected("line")) sections.push(await lineSection(harness, line, rounds));
    if (isSelected("capture")) sections.push(await captureSection(harness, line, claude));
    if (isSelected("sessions"))
      sections.push(crowdSection(await crowd(harness, line, claude, SESSIONS, seconds), claude));
    console.log(`\n${tableText(sections)}`);
  } finally {
    harness.clear();
  }
}

try {
  await main();
} catch (error) {
  failures.push(error instanceof Error ? error.message : String(error));
}
for (const failure of failures) console.error(`bench: could not run: ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);
