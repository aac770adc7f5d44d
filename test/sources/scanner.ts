import { Collector } from "../../src/collector/Collector.ts";
import type { ReaderOptions } from "../../src/collector/thread-pool.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { sources } from "../../src/sources/registry.ts";

/** A home to scan into a ledger, by the sources of all assistants. */
export interface Job {
  readonly name: string;
  readonly home: string;
  readonly ledger: string;
}

// Scans homes one after the other, in a process of its own because reading may hang: bun scanner.ts '[job...]'
// [entryFile]. Prints the name of each home before scanning it.
for (const { name, home, ledger: path } of JSON.parse(Bun.argv[2] ?? "[]") as Job[]) {
  console.log(name);
  using ledger = new Ledger(path, () => "here");
  const readers: ReaderOptions | undefined =
    Bun.argv[3] === undefined
      ? undefined
      : { entryFile: Bun.argv[3], limits: { silenceMs: 600_000, totalMs: 600_000 } };
  const collector = new Collector(ledger, sources, { env: {}, home, now: () => 0, readers });
  for (const phase of ["usage", "activity", "usage", "activity"] as const) await collector.scan(phase);
}
console.log("done");
