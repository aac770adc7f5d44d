import type { Level } from "../../model/wire.ts";
import { sqlTypes, table } from "./table.ts";

const { integer, laterInteger, laterReader, real, requiredInteger, text } = sqlTypes;

/**
 * Values by name: this machine's id and birth time, the ledger's epoch and the file that it belongs to, the newest version of
 * each source's reader, the day before which rows were pruned, and the versions of tables that others keep in the same file.
 */
export const meta = table({ name: "meta", columns: { name: text, value: text }, key: ["name"] });

/** Machines, with the name for people and the epoch milliseconds of their ledger's creation. */
export const machine = table({
  name: "machine",
  columns: { id: text, name: text, born: laterInteger },
  key: ["id"],
});

/**
 * Observations in the order in which they arrived; `seq` is never used twice. `day` is the number of days since 1970 of
 * the observation's time, `observer` is a hash of machine and source, `body` is the text as it came. `level` says whether details were
 * removed before it was sent; below 0 it is the number of fields that were cut from its end besides, since the hub did not know them.
 */
export const journal = table({
  name: "journal",
  columns: {
    seq: "INTEGER PRIMARY KEY AUTOINCREMENT",
    key: text,
    digest: integer,
    machine: text,
    source: text,
    observer: requiredInteger,
    reader: integer,
    day: integer,
    level: integer,
    body: text,
  },
  key: [],
  unique: ["key", "digest", "observer"],
});

/**
 * Returns the hash of machine and source in `observer`: 47 bits, which SQLite stores in six bytes. It keeps the index of rows
 * small, which has the same text about the same key once per machine and source.
 */
export const observerOf = (machineId: string, source: string): number =>
  Number(Bun.hash.xxHash64(`${machineId}\n${source}`) & 0x7fff_ffff_ffffn);

/** `level` in the journal. */
export const levelNumber = { metrics: 0, details: 1 } as const satisfies Readonly<Record<Level, number>>;

/** How far each hub, by its id or address, has the rows of this machine, and the process that last began to send them. */
export const hubCursor = table({
  name: "hub_cursor",
  columns: { hub: text, epoch: text, acked: integer, run: text },
  key: ["hub"],
});

/** Where sessions began, and the configuration directory of their files. */
export const sessionOrigin = table({
  name: "session_origin",
  columns: {
    assistant: text,
    id: text,
    account: text,
    at: integer,
    directory: text,
    has_moved: integer,
    reader: laterReader,
  },
  key: ["assistant", "id"],
  indexes: { session_origin_moved: "(has_moved) WHERE has_moved = 1" },
});

/** How far each file was read. */
export const file = table({
  name: "file",
  columns: {
    path: text,
    source: text,
    device: integer,
    inode: integer,
    size: integer,
    mtime: real,
    head: integer,
    head_length: integer,
    usage_offset: integer,
    activity_offset: integer,
    vanished: "INTEGER",
    store: "TEXT NOT NULL DEFAULT 'transcripts'",
    usage_memory: "TEXT",
    activity_memory: "TEXT",
    reader: laterReader,
    prefix: "INTEGER",
    timeouts: laterInteger,
    retry_at: "INTEGER",
  },
  key: ["path"],
});

/** What was not counted, and why. */
export const skipped = table({
  name: "skipped",
  columns: { path: text, offset: integer, reason: text },
  key: ["path", "offset", "reason"],
});
