import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepareRows } from "../../../src/ledger/fold/prepare-rows.ts";
import { Ledger } from "../../../src/ledger/sqlite/Ledger.ts";
import { encodeBody } from "../../../src/model/body.ts";
import type { WireRow } from "../../../src/model/wire.ts";
import { NOON, plainAction, plainResponse } from "../../ledger/sample.ts";

const HELP = `bun run bench:hub-ledger: how fast a hub's ledger takes rows, each commit synced

  --rows N       rows in all (100000)
  --machines N   machines that send them in turn (50)
  --commit N     rows of a commit (500)`;

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    machines: { type: "string", default: "50" },
    commit: { type: "string", default: "500" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const [total, machines, perCommit] = [values.rows, values.machines, values.commit].map(Number) as [
  number,
  number,
  number,
];
const MINUTE_MS = 60_000;

/** Row `at` of all: two responses and an action in turn, of sessions of 60 rows, spread over 200 days. */
function rowAt(at: number): WireRow {
  const session = Math.floor(at / 60);
  const place = { session: `s${session}`, project: `/home/dev/p${session % 40}`, branch: "main", agent: "" };
  const time = NOON - 200 * 1_440 * MINUTE_MS + Math.floor((at / total) * 200 * 1_440) * MINUTE_MS;
  // Ids of providers are in no order.
  const id = Bun.hash.xxHash64(String(at)).toString(36);
  if (at % 3 === 2) {
    const body = { ...plainAction, ...place, at: time, ended: time + 90, ok: true };
    return [`action:tool:${id}`, encodeBody("action", body)];
  }
  const counts = { input: at % 97, output: at % 1_013, cacheRead: 20_000, prompt: 20_097, request: `req_${id}` };
  return [`response:msg_${id}`, encodeBody("response", { ...plainResponse, ...place, ...counts, at: time })];
}

/** The rows of each commit, with the machine that sends them. */
const commits = Array.from({ length: Math.ceil(total / perCommit) }, (_, index) => ({
  machine: { id: `machine-${index % machines}`, name: `m${index % machines}`, born: index % machines },
  rows: Array.from({ length: Math.min(perCommit, total - index * perCommit) }, (_row, at) =>
    rowAt(index * perCommit + at),
  ),
}));

const folder = mkdtempSync(join(tmpdir(), "pawprint-hub-ledger-"));
try {
  report("the ledger of a hub", ingest(join(folder, "hub.db")), join(folder, "hub.db"));
  report("rows alone, in one table with one key", insertAlone(join(folder, "bare.db")), join(folder, "bare.db"));
} finally {
  rmSync(folder, { recursive: true });
}

/** Milliseconds of each commit. */
function ingest(path: string): number[] {
  using ledger = new Ledger(path, () => "hub", { profile: "hub" });
  ledger.keepDays([{ from: 0, to: 1, offsetMs: 0 }]);
  const send = (): number[] =>
    commits.map(({ machine, rows }) => {
      const from = performance.now();
      const prepared = prepareRows({ machine: machine.id, source: "claude-code", reader: 1 }, rows);
      ledger.ingest({ machine, source: "claude-code", ...prepared });
      return performance.now() - from;
    });
  const first = send();
  report("the same rows again", send(), path);
  return first;
}

/** The least that any store does: each commit's texts in a table with a unique key, synced. */
function insertAlone(path: string): number[] {
  using database = new Database(path);
  database.run("PRAGMA journal_mode=WAL");
  database.run("PRAGMA synchronous=FULL");
  database.run("CREATE TABLE row (key TEXT, body TEXT, UNIQUE (key))");
  const insert = database.prepare<unknown, [string, string]>("INSERT INTO row VALUES (?, ?)");
  return commits.map(({ rows }) => {
    const from = performance.now();
    database.transaction(() => rows.forEach(([key, body]) => insert.run(key, body)))();
    return performance.now() - from;
  });
}

function report(name: string, times: readonly number[], path: string): void {
  const sorted = times.toSorted((a, b) => a - b);
  const of = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  const seconds = times.reduce((sum, one) => sum + one, 0) / 1_000;
  const bytes = Math.round(
    (statSync(path).size + (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0)) / total,
  );
  console.log(
    `${name}: ${Math.round(total / seconds)} rows/s, commits of ${perCommit} rows p50 ${of(0.5)} ms, p99 ${of(0.99)} ms; ` +
      `${bytes} bytes a row, ${Math.round(process.memoryUsage.rss() / 1_048_576)} MiB`,
  );
}
