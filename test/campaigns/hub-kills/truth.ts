import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Hub } from "../../../src/hub/Hub.ts";
import { localLink } from "../../../src/hub/local-link.ts";
import { openLedger } from "../../../src/collector/open-ledger.ts";
import { HubSender } from "../../../src/sync/HubSender.ts";
import { systemClock } from "../../../src/utils/clock.ts";
import { readSettings } from "../../../src/utils/config.ts";
import { placesOf } from "../../../src/utils/paths.ts";
import { type Dump, dumpOf, wrongSums } from "../../ledger/dump.ts";
import { copyDatabase, type Host, type Tokens, type Used } from "./host.ts";

/** A home, and the machine as which its rows are at the hub. */
export interface Member {
  readonly host: Host;
  readonly machine: string;
}

/**
 * Makes the hub that there would be if nothing had ever gone wrong: from a copy of the hub before any rows, each home read from its
 * first line to its last, and sent once. `path` is that of the new hub.
 */
export async function writeTruth(path: string, empty: string, members: readonly Member[]): Promise<void> {
  copyDatabase(empty, path);
  const folder = mkdtempSync(`${path}-`);
  using hub = new Hub({ path, host: () => "hub", clock: systemClock, program: "0", url: "http://127.0.0.1" });
  for (const { host, machine } of members) {
    const places = placesOf({ HOME: host.home }, "/nowhere");
    const environment = { env: { HOME: host.home }, home: host.home, now: () => Date.now() };
    using opened = openLedger(join(folder, `${host.name}.db`), environment);
    await opened.collector.scan("usage");
    await opened.collector.scan("activity");
    const { settings } = readSettings([{ PET_SYNC_LEVEL: host.level }]);
    const identity = { hub: "truth", key: hub.key, machine, name: host.name, program: "0" };
    const sender = new HubSender({ ledger: opened.ledger, identity, settings, places, clock: systemClock });
    const runner = sender.runner(
      localLink(hub, { token: "local", name: host.name, scope: "machine", machine, person: "" }),
    );
    await runner.untilDone(3);
    if (!sender.client.isDone) throw new Error(`the truth of ${host.name} cannot be sent`);
    sender.client.end();
  }
  rmSync(folder, { recursive: true });
}

/**
 * What differs between a running hub and the truth, and between its sums and what was written into transcripts; empty if the balance is exact.
 */
export function differences(hub: string, truth: string, used: Used): string[] {
  const sums = sumsOf(hub);
  const all = [...used.values()];
  const written = [all.length, total(all, "input"), total(all, "output")];
  // Most of the time rows are still on their way.
  if (sums.join() !== written.join())
    return [`responses, input, output: found ${sums.join()}, written ${written.join()}`];
  const copy = `${truth}.compared`;
  copyDatabase(hub, copy);
  const [found, expected] = [dumpOf(copy), dumpOf(truth)];
  return [
    ...differing("fact", found.facts, expected.facts),
    ...differing("sum", found.sums, expected.sums),
    ...differing("key in the journal", keysOf(found), keysOf(expected)),
    ...wrongSums(copy).map((one) => `wrong sum ${JSON.stringify(one)}`),
    ...twoLevels(found),
  ];
}

const total = (all: readonly Tokens[], name: keyof Tokens): number => all.reduce((sum, one) => sum + one[name], 0);

function sumsOf(hub: string): unknown[] {
  using database = new Database(hub, { readonly: true });
  return database.query("SELECT COUNT(*), SUM(input), SUM(output) FROM response").values()[0] ?? [];
}

/** Rows and responses of a hub, for people. */
export function sizeOf(hub: string): string {
  using database = new Database(hub, { readonly: true });
  const rows = database.query<{ rows: number }, []>("SELECT COUNT(*) AS rows FROM journal").get()?.rows ?? 0;
  return `${rows} rows, ${String(sumsOf(hub)[0])} responses`;
}

function differing(what: string, found: readonly string[], expected: readonly string[]): string[] {
  const [have, want] = [Map.groupBy(found, (one) => one), Map.groupBy(expected, (one) => one)];
  return [
    ...[...want].flatMap(([one, all]) => (have.get(one)?.length === all.length ? [] : `${what}: expected ${one}`)),
    ...[...have].flatMap(([one, all]) => (want.get(one)?.length === all.length ? [] : `${what}: found ${one}`)),
  ];
}

interface JournalRow {
  readonly key: string;
  readonly machine: string;
  readonly source: string;
  readonly level: number;
  readonly digest: number;
}

const rowsOf = (dump: Dump): JournalRow[] => dump.journal.map((row) => JSON.parse(row) as JournalRow);

/** Who observed what, at which level. A ledger that read lines one by one has more rows of a key than one that read all at once. */
const keysOf = (dump: Dump): string[] => [
  ...new Set(rowsOf(dump).map(({ key, machine, source, level }) => `${machine} ${source} ${level} ${key}`)),
];

function twoLevels(dump: Dump): string[] {
  const known = new Map<string, number>();
  return rowsOf(dump).flatMap(({ key, machine, level }) => {
    const name = `${machine} ${key}`;
    const before = known.get(name) ?? level;
    known.set(name, level);
    return before === level ? [] : `two levels: ${name}`;
  });
}
