import { prepareRows, type PreparedRows, type RowPlace } from "../../src/ledger/fold/prepare-rows.ts";
import type { Added } from "../../src/ledger/sqlite/batch.ts";
import type { LedgerMachine } from "../../src/ledger/sqlite/identity.ts";
import { SharedLedger } from "../../src/ledger/sqlite/SharedLedger.ts";
import { machineKey } from "../../src/ledger/fold/prepare.ts";
import { encodeBody } from "../../src/model/body.ts";
import { FOREVER } from "../../src/model/calendar.ts";
import type { Level, WireRow } from "../../src/model/wire.ts";
import { dumpIn, wrongSumsIn } from "./dump.ts";
import type { SourceObservation } from "./sample.ts";

/** Two members of a hub: a ledger born long ago, and one born after everything in the samples. */
export const OLD: LedgerMachine = { id: "z-old", name: "old", born: 1 };
export const YOUNG: LedgerMachine = { id: "a-young", name: "young", born: FOREVER };

/** The rows of a machine's journal about some observations. At the level "metrics" without branch, target and the path of the project, as if it had cut them. */
export function rowsOf(machine: string, observations: readonly SourceObservation[], level: Level): WireRow[] {
  return observations.map(({ observation: { kind, key, body } }) => {
    const cut = {
      ...body,
      ...("branch" in body && { branch: "" }),
      ...("target" in body && { target: null }),
      ...("project" in body && { project: body.project.split("/").at(-1) ?? "" }),
    };
    return [machineKey(key, machine), encodeBody(kind, level === "metrics" ? cut : body)];
  });
}

/** A hub's ledger in memory. */
export class HubLedger implements Disposable {
  readonly ledger = new SharedLedger(":memory:", () => "hub");

  [Symbol.dispose](): void {
    this.ledger[Symbol.dispose]();
  }

  /** Stores what a machine sends, in one transaction for each assistant and version of its reader. */
  receive(
    machine: LedgerMachine,
    observations: readonly SourceObservation[],
    level: Level = "details",
    isForgotten?: (place: RowPlace) => boolean,
  ): (Added & PreparedRows)[] {
    const groups = Map.groupBy(observations, ({ source, reader }) => `${source} ${reader}`);
    return [...groups.values()].map((some) => {
      const { source, reader } = some[0] as SourceObservation;
      const sender = { machine: machine.id, source, reader };
      const prepared = prepareRows(sender, rowsOf(machine.id, some, level), isForgotten && { isForgotten });
      return { ...prepared, ...this.ledger.ingest({ machine, level, source, ...prepared }) };
    });
  }

  /** Facts, sums and where sessions began; fails if the sums are not those of the facts. */
  content(): unknown {
    const wrong = wrongSumsIn(this.ledger.database);
    if (wrong.length > 0) throw new Error(`wrong sums: ${JSON.stringify(wrong)}`);
    const { facts, sums } = dumpIn(this.ledger.database);
    const starts = this.all("SELECT * FROM session_origin ORDER BY assistant, id");
    return { facts, sums, starts };
  }

  all(sql: string): unknown[] {
    return this.ledger.database.query(sql).all();
  }
}
