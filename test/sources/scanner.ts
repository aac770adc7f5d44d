import { Collector } from "../../src/collector/Collector.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { sources } from "../../src/sources/registry.ts";

/** A home to be read into a ledger, by the sources of all assistants. */
export interface Job {
  readonly name: string;
  readonly home: string;
  readonly ledger: string;
}

// Reads homes one after the other, as a process of its own since reading may never end: bun scanner.ts '[job...]' [door]
// Says the name of each before it is read.
for (const { name, home, ledger: path } of JSON.parse(Bun.argv[2] ?? "[]") as Job[]) {
  console.log(name);
  using ledger = new Ledger(path, () => "here");
  const help =
    Bun.argv[3] === undefined ? undefined : { entryFile: Bun.argv[3], limits: { silence: 600_000, whole: 600_000 } };
  const collector = new Collector(ledger, sources, { env: {}, home, now: () => 0, help });
  for (const pass of ["usage", "activity", "usage", "activity"] as const) await collector.scan(pass);
}
console.log("done");
