import { sqlTypes, table } from "../ledger/tables/table.ts";

const { integer, text } = sqlTypes;
/** A time that may not have come yet. */
const laterTime = "INTEGER";

/** Machines and other senders of rows. Times are epoch milliseconds; null until they happen. */
export const member = table({
  name: "member",
  columns: {
    machine: text,
    name: text,
    person: text,
    /** "machine", "ci", "pull" for a host that is asked by ssh, or "upload" for totals that other programs send. */
    provenance: text,
    born: integer,
    joined: integer,
    seen: laterTime,
    revoked: laterTime,
    program: text,
    platform: text,
    fingerprint: text,
    /** Milliseconds that its clock is ahead of the hub's. */
    skew: integer,
    level: text,
    /** 1 if it may have rows at level details. */
    details: integer,
    /** Rows that the hub has not acknowledged, as the machine last said, by assistant, in JSON. */
    pending: text,
    /** Rows of keys whose journal was pruned: acknowledged and not counted. */
    late: integer,
    /** Rows that the hub refused. */
    refused: integer,
    /** When two ledgers last spoke as this machine. */
    conflict: laterTime,
  },
  key: ["machine"],
  unique: ["name"],
});

/** Tokens, by the SHA-256 of their text; the text itself is nowhere. */
export const token = table({
  name: "token",
  columns: {
    id: text,
    hash: text,
    name: text,
    scope: text,
    machine: "TEXT",
    person: text,
    created: integer,
    expires: laterTime,
    used: laterTime,
    revoked: laterTime,
  },
  key: ["id"],
  unique: ["hash"],
});

/** Invitations, by the SHA-256 of their code. */
export const invite = table({
  name: "invite",
  columns: {
    hash: text,
    name: text,
    person: text,
    created: integer,
    expires: integer,
    used: laterTime,
    /** 1 if the machine may also read the reports of all machines. */
    may_read: integer,
  },
  key: ["hash"],
});

/**
 * Pages, by the SHA-256 of the code that each is let in with. `parent` is the id of the token that asked for the code, "local" for who
 * has the hub's file, `token` the id of the page's token, "" until it has come for it, `expires` the end of the code, and `ends` that of
 * the token.
 */
export const page = table({
  name: "page",
  columns: {
    hash: text,
    parent: text,
    token: text,
    name: text,
    scope: text,
    machine: "TEXT",
    person: text,
    created: integer,
    expires: integer,
    ends: integer,
  },
  key: ["hash"],
  indexes: { page_by_parent: "(parent, created)" },
});

/**
 * How far the rows of each machine's ledger are on the hub's disk, in the form in which they leave now: `epoch` as in `hello`, of
 * which `ledger` is the first part, `level` is the most that leaves, `cut` has the number of fields of each kind that the hub does not know, in JSON, `run` names the process that began to
 * send them last, and `seen` is when that was said, epoch milliseconds.
 */
export const stream = table({
  name: "stream",
  columns: {
    machine: text,
    ledger: text,
    epoch: text,
    level: text,
    cut: text,
    run: text,
    acked: integer,
    seen: integer,
  },
  key: ["machine", "ledger"],
});

/** What was forgotten, and is not stored again. `machine` is "" if it holds for all. */
export const tombstone = table({
  name: "tombstone",
  columns: { seq: "INTEGER PRIMARY KEY AUTOINCREMENT", kind: text, value: text, machine: text, at: integer },
  key: [],
  unique: ["kind", "value", "machine"],
});

/** Who did what: invite, login, revoke, rename, forget, token. */
export const audit = table({
  name: "audit",
  columns: { seq: "INTEGER PRIMARY KEY AUTOINCREMENT", at: integer, actor: text, what: text, detail: text },
  key: [],
});

/** Messages that other programs report, without their content. Tokens are counts; cost is nano-dollars, null if not reported. */
export const uploadMessage = table({
  name: "upload_message",
  columns: {
    machine: text,
    source: text,
    id: text,
    session: text,
    type: text,
    at: integer,
    model: text,
    tool: text,
    input: integer,
    output: integer,
    cache_write: integer,
    cache_read: integer,
    cost: "INTEGER",
  },
  key: ["machine", "source", "id"],
  indexes: { upload_message_by_time: "(at)", upload_message_by_session: "(session, at)" },
});

/** Sessions that other programs report. */
export const uploadSession = table({
  name: "upload_session",
  columns: { machine: text, source: text, id: text, project: text, started: laterTime, seen: integer },
  key: ["machine", "source", "id"],
});

/** How far other programs have read their files; `progress` is what they sent, in JSON. */
export const uploadFile = table({
  name: "upload_file",
  columns: { machine: text, source: text, path: text, progress: text, at: integer },
  key: ["machine", "source", "path"],
});

/** Five-hour blocks that other programs report; `body` is what they sent, in JSON. */
export const uploadBlock = table({
  name: "upload_block",
  columns: { machine: text, id: text, begins: integer, ends: integer, is_active: integer, body: text, at: integer },
  key: ["machine", "id"],
});

/** The tables that each version of hub.db added to those of a ledger, the first version first. Those of a version that exists do not change. */
export const hubTables = [
  [member, token, invite, stream, tombstone, audit, uploadMessage, uploadSession, uploadFile, uploadBlock],
  [page],
] as const;
