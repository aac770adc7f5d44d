import { encodeBody } from "../../model/body.ts";
import type { DayObservation } from "../../model/observation.ts";
import { wireLimits, type WireRow } from "../../model/wire.ts";
import { columnsOf, type ColumnValue, insertSql, rowOf } from "../../ledger/tables/table.ts";
import { PawprintError } from "../../utils/errors.ts";
import type { Identity } from "../identity.ts";
import type { HubServices, Member } from "../services.ts";
import { uploadBlock, uploadFile, uploadMessage, uploadSession } from "../tables.ts";
import type { UploadedBlock, UploadedMessage } from "./messages.ts";

/** Where uploaded days come from, as reports name it. */
const PROVENANCE = "upload";
const DAY_MS = 86_400_000;
const cells = {
  message: rowOf(uploadMessage),
  session: rowOf(uploadSession),
  file: rowOf(uploadFile),
  block: rowOf(uploadBlock),
};

/** The id of the member whose rows a program uploads under a name. It is never that of a machine with a journal. */
export const uploaderId = (name: string): string => `upload:${name}`;

/** A day of one assistant, as uploaded. */
export interface UploadedDay extends Omit<DayObservation, "provenance"> {
  readonly source: string;
}

/** What an upload did: the number of new entries, and of those that were known or forgotten. */
export interface UploadCounts {
  readonly stored: number;
  readonly known: number;
}

/**
 * What programs without a journal send: messages without content, sessions, files, blocks, and sums of days. All usage becomes sums
 * of days with the provenance "upload", which reports leave out on a day that a journal covers.
 */
export class Uploads {
  readonly #hub: HubServices;

  constructor(hub: HubServices) {
    this.#hub = hub;
  }

  /** The member that a program uploads as; it is added at its first upload. Throws forbidden if it was revoked. */
  member(name: string, by: Identity, about: Partial<Pick<Member, "program" | "platform">> = {}): Member {
    const { members } = this.#hub;
    const id = uploaderId(name);
    let found = members.find(id);
    if (!found) {
      const isTaken = members.find(name) !== null;
      const shown = isTaken ? `${name} (upload)` : name;
      const { person } = by;
      found = members.add({ machine: id, name: shown, person, provenance: "upload", born: this.#hub.now() }, by);
    }
    if (found.revoked !== null)
      throw new PawprintError("forbidden", `the machine ${name} was revoked`, "upload under another name");
    // Programs send what they have.
    members.saw(id, { ...about, level: "details" });
    return found;
  }

  /** Stores messages that are not known, and the sums of their days. Resolves when all of it is on the disk. */
  async messages({ machine }: Member, messages: readonly UploadedMessage[]): Promise<UploadCounts> {
    const { ledger } = this.#hub;
    const stored = ledger.transaction((database) => {
      const put = database.query<unknown, ColumnValue[]>(
        insertSql(uploadMessage, columnsOf(uploadMessage), "INSERT OR IGNORE"),
      );
      const isForgotten = database.query<unknown, [string, string]>(
        "SELECT 1 FROM tombstone WHERE kind = 'session' AND value = ? AND machine IN ('', ?)",
      );
      let count = 0;
      for (const one of messages) {
        if (isForgotten.get(one.session, machine) === null)
          count += put.run(...cells.message({ ...one, machine })).changes;
      }
      return count;
    });
    // Known messages count too: the sums may be missing if the hub ended after it stored the messages.
    await this.days({ machine }, this.#sums(machine, messages));
    return { stored, known: messages.length - stored };
  }

  /** Stores the sums of days; of several sums of one day, assistant and model the largest counts. */
  async days({ machine }: Pick<Member, "machine">, days: readonly UploadedDay[]): Promise<void> {
    const rows = Map.groupBy(days, ({ source }) => source);
    for (const [source, some] of rows) {
      const all = some.map((day): WireRow => [
        `day:${machine}:${source}:${day.date}:${day.model}:${PROVENANCE}`,
        encodeBody("day", { ...day, provenance: PROVENANCE }),
      ]);
      for (let from = 0; from < all.length; from += wireLimits.rows) {
        const part = all.slice(from, from + wireLimits.rows);
        const groups = [{ source, reader: 1, level: "details" as const, rows: part }];
        const ack = await this.#hub.ingest.submit(machine, {
          type: "events",
          epoch: PROVENANCE,
          from: 0,
          upto: 0,
          groups,
        });
        const [refused] = ack.refused ?? [];
        if (refused)
          throw new PawprintError(
            "bad_usage",
            `${refused.key}: ${refused.reason}`,
            "correct the day and send it again",
          );
      }
    }
  }

  /** Stores a session, or what is new about a known one. */
  session({ machine }: Member, session: { source: string; id: string; project: string; started: number | null }): void {
    this.#replace(uploadSession, cells.session({ ...session, machine, seen: this.#hub.now() }));
  }

  /** Stores how far a program has read a file. */
  file({ machine }: Member, file: { source: string; path: string; progress: object }): void {
    const progress = JSON.stringify(file.progress);
    this.#replace(uploadFile, cells.file({ ...file, progress, machine, at: this.#hub.now() }));
  }

  /** Stores a block, or the newest state of a known one. */
  block({ machine }: Member, { id, startTime, endTime, isActive, ...body }: UploadedBlock): void {
    const times = { begins: startTime, ends: endTime, at: this.#hub.now() };
    this.#replace(uploadBlock, cells.block({ machine, id, ...times, isActive, body: JSON.stringify(body) }));
  }

  #replace(table: Parameters<typeof insertSql>[0], values: ColumnValue[]): void {
    this.#hub.ledger.transaction((database) =>
      database.query<unknown, ColumnValue[]>(insertSql(table, columnsOf(table), "INSERT OR REPLACE")).run(...values),
    );
  }

  /** The sums of the days (UTC) and models of some messages, over all messages that are stored. */
  #sums(machine: string, messages: readonly UploadedMessage[]): UploadedDay[] {
    const query = this.#hub.ledger.database.query<Omit<UploadedDay, "date">, [string, string, string, number, number]>(
      `SELECT source, model, SUM(input) AS input, SUM(output) AS output, SUM(cache_write) AS cacheWrite,
         SUM(cache_read) AS cacheRead, 0 AS unsplit, CASE WHEN COUNT(cost) = COUNT(*) THEN SUM(cost) END AS cost
       FROM upload_message WHERE machine = ? AND source = ? AND model = ? AND at >= ? AND at < ?
         AND input + output + cache_write + cache_read > 0 GROUP BY source, model`,
    );
    const counted = messages.filter(
      ({ input, output, cacheWrite, cacheRead }) => input + output + cacheWrite + cacheRead > 0,
    );
    const keys = new Map(
      counted.map(({ source, model, at }) => {
        const day = Math.floor(at / DAY_MS);
        return [`${source}\n${model}\n${day}`, { source, model, day }];
      }),
    );
    return [...keys.values()].flatMap(({ source, model, day }) => {
      const date = new Date(day * DAY_MS).toISOString().slice(0, "YYYY-MM-DD".length);
      return query.all(machine, source, model, day * DAY_MS, (day + 1) * DAY_MS).map((sum) => ({ ...sum, date }));
    });
  }
}
