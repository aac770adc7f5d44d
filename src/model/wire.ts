import { z } from "zod";
import { fieldOrder } from "./body.ts";

/*
 * What a machine and a hub say to each other. A frame is one message of the WebSocket /v1/stream, or the body of one
 * POST below /v1. Control frames are JSON text; `events` frames are binary: a byte that names the encoding, then JSON.
 * A newer program may add fields and frames: unknown fields are ignored, unknown frames are answered with `stop`.
 */

/** The version of the frames. A hub answers another one with `stop` wrong_version. */
export const WIRE_VERSION = 1;

/** Limits of what is accepted from the other side. */
export const wireLimits = {
  /** Bytes of a frame as it comes. */
  frameBytes: 1_048_576,
  /** Bytes of a frame after decompression. */
  inflatedBytes: 8_388_608,
  /** Rows of one `events` frame. */
  rows: 500,
  /** `events` frames that a machine may send before the first of them is acknowledged. */
  window: 4,
  /** Characters of the body of one row. */
  bodyLength: 65_536,
  /** Characters of a key. */
  keyLength: 1_024,
  /** What was forgotten, in one frame. */
  forgotten: 5_000,
  /** Characters of a name. */
  nameLength: 200,
} as const;

/** How much of an observation leaves the machine. */
export const levels = ["metrics", "details"] as const;
/** One of levels. */
export type Level = (typeof levels)[number];

const number = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
/**
 * The schemas of values: names without characters that cannot be seen, ids, and times in epoch milliseconds. No name is . or ..: an address with one of
 * these in its path is another address.
 */
export const wireValues = {
  name: z
    .string()
    .regex(/^(?!\.{1,2}$)[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u, "not a name, or one with characters that cannot be seen")
    .max(wireLimits.nameLength),
  id: z.string().min(1).max(100),
  time: number,
} as const;
const { name, id, time } = wireValues;
const level = z.enum(levels);
/** Sums over the digests of the rows of one bucket: number of rows, and the sums of the low and the high 26 bits of the digests. */
const sums = z.record(z.string().max(20), z.tuple([number, number, number]));
/** Number of fields that a program knows of each kind of body. */
const fieldCounts = z.record(z.string().max(50), z.number().int().positive().max(1_000));
const refusedRow = z.object({
  key: z.string().max(wireLimits.keyLength),
  code: z.string().max(50),
  reason: z.string().max(1_000),
});

/** The schemas of the control frames, by the name in `type`. */
export const frameSchemas = {
  /** A machine introduces itself, first of all. The token says which machine it is. */
  hello: z.object({
    type: z.literal("hello"),
    v: z.number().int(),
    machine: id,
    name,
    /** Epoch milliseconds of the creation of its first ledger. */
    born: time,
    /** What the numbers of rows belong to, with a dot between: the ledger's file, a copy of which gets another one, and what may leave. */
    epoch: id,
    /** Names the process that sends rows from now on; absent if it only asks. */
    run: id.optional(),
    /** The process before, up to whose `acked` the ledger's file still has the same numbers; one that was put back gives later ones again. */
    after: z.object({ run: id, acked: number }).optional(),
    /** Identifies host and file, so that two hosts that use one ledger are noticed. */
    fingerprint: id,
    program: name,
    platform: name,
    fields: fieldCounts,
    level,
    /** Its clock, epoch milliseconds. */
    now: time,
    /** The newest `seq` of its journal. */
    head: number,
    /** Rows of the journal that this hub has not acknowledged, by assistant. */
    pending: z.record(z.string().max(50), number).optional(),
  }),
  /** The hub answers `hello`. */
  welcome: z.object({
    type: z.literal("welcome"),
    v: z.number().int(),
    machine: id,
    name,
    /** Every row of this epoch up to this `seq` is on the hub's disk. */
    acked: number,
    /** The hub's clock, epoch milliseconds. */
    now: time,
    level,
    program: name,
    fields: fieldCounts,
    window: number,
    rows: number,
    bytes: number,
    /** The newest tombstone; a change means that rows were forgotten. */
    tombstones: number,
    /** The hub removed rows from before this day since 1970: digests leave them out on both sides. */
    horizon: number.optional(),
    /** What people should look at, for instance two ledgers that speak as one machine. */
    warning: z.string().max(1_000).optional(),
  }),
  /** The rows of an epoch up to `upto` are on the hub's disk, except the refused ones. */
  ack: z.object({
    type: z.literal("ack"),
    epoch: id,
    upto: number,
    /** Rows that are not stored, by key: `unknown_fields` of a newer program, or `bad_row`. */
    refused: z.array(refusedRow).max(wireLimits.rows).optional(),
    /** Rows of keys whose journal was pruned: acknowledged and not counted. */
    late: number.optional(),
  }),
  /** A sign of life while nothing is sent; the hub answers with `beat` too. */
  beat: z.object({
    type: z.literal("beat"),
    pending: number,
    now: time,
    /** What a machine believes to be acknowledged, and the most that leaves it: a hello that came late may have changed that. */
    sent: z.object({ epoch: id, acked: number, level }).optional(),
  }),
  /** Asks the hub to compare the digests of this machine's rows, by the low byte of the digest or by day. */
  digest: z.object({ type: z.literal("digest"), by: z.enum(["bucket", "day"]), sums }),
  /** The buckets or days in which the digests differ, with the hub's sums. */
  differ: z.object({
    type: z.literal("differ"),
    by: z.enum(["bucket", "day"]),
    sums,
    /**
     * What of this machine's rows was forgotten and is kept out, with the keyed hash of what was named and when: "project" is a
     * directory with all below it, or a project that is only known by name; "name" is the last part of any directory.
     */
    forgotten: z
      .array(z.object({ kind: z.enum(["session", "project", "name", "machine"]), hash: z.string().max(100), at: time }))
      .max(wireLimits.forgotten)
      .optional(),
  }),
  /** Removes rows at the hub, and keeps them out. */
  forget: z.object({
    type: z.literal("forget"),
    kind: z.enum(["session", "project", "machine"]),
    value: z.string().min(1).max(4_096),
  }),
  /** Number of rows that were removed. */
  forgotten: z.object({ type: z.literal("forgotten"), rows: number }),
  /** Asks for commits: each `commit` frame is one. Needs the scope `read`. */
  subscribe: z.object({ type: z.literal("subscribe") }),
  /** One commit of the hub, for subscribers: the number of rows by machine, and the newest time of an observation among them. */
  commit: z.object({
    type: z.literal("commit"),
    seq: number,
    at: time,
    machines: z.array(z.object({ machine: z.string(), rows: number, upto: number, newest: time })),
  }),
  /** The last frame before either side closes. */
  stop: z.object({
    type: z.literal("stop"),
    code: z.string().max(50),
    message: z.string().max(1_000),
    hint: z.string().max(1_000).optional(),
    /** Milliseconds after which to try again; absent if that is of no use. */
    retryAfter: number.optional(),
  }),
} as const;

/** The type of a control frame. */
export type FrameType = keyof typeof frameSchemas;
/** A control frame. */
export type Frame<Type extends FrameType = FrameType> = { [T in Type]: z.infer<(typeof frameSchemas)[T]> }[Type];
/** What of a machine's rows was forgotten. */
export type ForgottenHashes = NonNullable<Frame<"differ">["forgotten"]>;

/** A row of a machine's journal on the wire: the key, and the body as the text that the journal has at this level. */
export type WireRow = readonly [key: string, body: string];

/** Rows that one source's reader made, sent at one level. */
export interface WireGroup {
  readonly source: string;
  readonly reader: number;
  readonly level: Level;
  readonly rows: readonly WireRow[];
}

/** Rows of a journal: those of an epoch after `from` up to `upto`, except what the machine keeps for itself. */
export interface EventsFrame {
  readonly type: "events";
  readonly epoch: string;
  readonly from: number;
  readonly upto: number;
  /**
   * What the rows lack, since the hub does not know it: see fieldsCut. A hub that was replaced by another version since it was asked
   * does not take them. Absent in frames of programs that do not say it.
   */
  readonly cut?: string;
  readonly groups: readonly WireGroup[];
}

/** Any frame. */
export type AnyFrame = Frame | EventsFrame;

/** Number of fields of each kind of body. */
export type FieldCounts = Readonly<Record<string, number>>;

/** Kinds of which a newer machine may know more than a hub. */
const MOST_CUT_KINDS = 100;

/** How many fields of each kind a hub does not know that a machine knows, as JSON; the same text on both sides. */
export function fieldsCut(ofMachine: FieldCounts, ofHub: FieldCounts): string {
  const more = Object.entries(ofMachine).map(([kind, count]) => [kind, count - (ofHub[kind] ?? 0)] as const);
  return JSON.stringify(Object.fromEntries(more.filter(([, missing]) => missing > 0).slice(0, MOST_CUT_KINDS)));
}

/** The number of fields that this program knows of each kind of body. */
export const knownFields = (): Record<string, number> =>
  Object.fromEntries(Object.entries(fieldOrder).map(([kind, names]) => [kind, names.split(" ").length]));
