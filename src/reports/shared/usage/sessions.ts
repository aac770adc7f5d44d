import type { UsageRow } from "../../../ledger/rows.ts";
import { dateOfDay } from "../../../pricing/costs.ts";
import type { Column } from "../../../render/columns.ts";
import { sessionKey } from "../assistants.ts";

/** The number of sessions with usage, and the last local date with usage. */
interface SessionCount {
  readonly sessions: number;
  readonly lastDate: string;
}

/** Counts the sessions with usage by key, each once. */
export class SessionCounter {
  readonly #byKey = new Map<string, { readonly sessions: Set<string>; lastDay: number }>();

  add(key: string, row: UsageRow): void {
    let known = this.#byKey.get(key);
    if (!known) this.#byKey.set(key, (known = { sessions: new Set(), lastDay: row.day }));
    known.sessions.add(sessionKey(row));
    known.lastDay = Math.max(known.lastDay, row.day);
  }

  of(key: string): SessionCount {
    const { sessions, lastDay } = this.#byKey.get(key) ?? { sessions: new Set(), lastDay: 0 };
    return { sessions: sessions.size, lastDate: dateOfDay(lastDay) };
  }

  /** Sessions of all keys. */
  get total(): number {
    return new Set(this.#byKey.values().flatMap(({ sessions }) => sessions)).size;
  }

  /** Columns for the number of sessions and the last date. */
  get columns(): readonly [Column<With<"sessions">>, Column<With<"lastDate">>] {
    const { total } = this;
    return [
      {
        name: "Sessions",
        kind: "integer",
        priority: 25,
        value: ({ fields }) => fields.sessions,
        total: () => total,
        field: "sessions",
      },
      { name: "Last day", kind: "date", priority: 20, value: ({ fields }) => fields.lastDate, field: "lastDate" },
    ];
  }
}

/** A line with a part of the count among its fields. */
interface With<K extends keyof SessionCount> {
  readonly fields: Pick<SessionCount, K>;
}
