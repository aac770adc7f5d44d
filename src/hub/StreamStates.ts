import type { Statement } from "bun:sqlite";
import type { SharedLedger } from "../ledger/sqlite/SharedLedger.ts";
import { columnsOf, type ColumnValue, insertSql, rowOf } from "../ledger/tables/table.ts";
import { type FieldCounts, fieldsCut, type Level } from "../model/wire.ts";
import type { Clock } from "../utils/clock.ts";
import type { Beginning } from "./services.ts";
import { stream } from "./tables.ts";

const streamCells = rowOf(stream);

/** How far the rows of a machine's ledger are here, and in which form they arrive now: a row of the table `stream`. */
interface StreamState {
  readonly epoch: string;
  readonly level: Level;
  readonly cut: string;
  readonly run: string;
  readonly acked: number;
  /** When it last said hello, epoch milliseconds; 0 if it never did. */
  readonly seen: number;
}

type StreamKey = [machine: string, ledger: string];

/** How far the rows of each machine's ledgers are here. */
export class StreamStates {
  readonly #ledger: SharedLedger;
  readonly #clock: Clock;
  readonly #fields: FieldCounts;
  readonly #find: Statement<StreamState, StreamKey>;
  readonly #isFollowed: Statement<unknown, [...StreamKey, seen: number]>;
  readonly #put: Statement<unknown, ColumnValue[]>;

  /** `fields` are those that the hub knows. */
  constructor(parts: { readonly ledger: SharedLedger; readonly clock: Clock; readonly fields: FieldCounts }) {
    const { database } = parts.ledger;
    this.#ledger = parts.ledger;
    this.#clock = parts.clock;
    this.#fields = parts.fields;
    this.#find = database.prepare(
      "SELECT epoch, level, cut, run, acked, seen FROM stream WHERE machine = ? AND ledger = ?",
    );
    this.#isFollowed = database.prepare("SELECT 1 FROM stream WHERE machine = ? AND ledger <> ? AND seen >= ?");
    this.#put = database.prepare(insertSql(stream, columnsOf(stream), "INSERT OR REPLACE"));
  }

  /** The state of the ledger of an epoch, which may be that of another epoch; that of a new one if nothing has arrived. */
  of(machine: string, epoch: string): StreamState {
    const fresh = { epoch, level: "metrics", cut: fieldsCut({}, {}), run: "", acked: 0, seen: 0 } as const;
    return this.#find.get(machine, ledgerOf(epoch)) ?? fresh;
  }

  /** Call only within a transaction. */
  store(machine: string, state: StreamState): void {
    this.#put.run(...streamCells({ machine, ledger: ledgerOf(state.epoch), ...state }));
  }

  /** See Ingest.begin. */
  begin(machine: string, { epoch, level, fields, run, after }: Beginning): number {
    const cut = fieldsCut(fields, this.#fields);
    const known = this.#find.get(machine, ledgerOf(epoch));
    const isSame = known?.epoch === epoch && known.cut === cut;
    if (run === undefined) return isSame ? known.acked : 0;
    const sure = run === known?.run ? Infinity : after && after.run === known?.run ? after.acked : 0;
    const acked = isSame ? Math.min(known.acked, sure) : 0;
    // A hub to which all machines come back at once writes nothing for those with one ledger.
    if (!isSame || run !== known.run || this.#isFollowed.get(machine, ledgerOf(epoch), known.seen) !== null)
      this.#ledger.transaction(() => this.store(machine, { epoch, level, cut, run, acked, seen: this.#clock.now() }));
    return acked;
  }

  /**
   * Rows of a key were replaced by those of one ledger, in another form. Another ledger with the same login may have sent more about that
   * key: it sends all of its rows again when it next says hello. One that said hello later than this one decides the form, as where the
   * ledger was made anew and rows of the former one come late: it hears at its next sign of life that it has to. Call only within a transaction.
   */
  distrustOthers(machine: string, { epoch, seen }: StreamState): void {
    this.#ledger.database
      .query(
        "UPDATE stream SET run = '', acked = CASE WHEN seen >= ? THEN 0 ELSE acked END WHERE machine = ? AND ledger <> ?",
      )
      .run(seen, machine, ledgerOf(epoch));
  }

  /** Ledgers that send details send all of their rows again. */
  forgetDetails(machine: string): void {
    this.#ledger.transaction((database) =>
      database.run("UPDATE stream SET acked = 0 WHERE machine = ? AND level = 'details'", [machine]),
    );
  }
}

/** The part of an epoch that names the ledger's file. */
const ledgerOf = (epoch: string): string => epoch.split(".", 1)[0] ?? "";
