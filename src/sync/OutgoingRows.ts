import type { Ledger } from "../ledger/sqlite/Ledger.ts";
import { type Outbox, outboxOf, type OutboxRow } from "../ledger/sqlite/Outbox.ts";
import { type KeyedHash, keyedHash } from "../model/privacy-rules.ts";
import { reduceRow, type Reduction } from "../model/privacy.ts";
import {
  type EventsFrame,
  type Frame,
  fieldsCut,
  knownFields,
  type Level,
  type WireRow,
  wireLimits,
} from "../model/wire.ts";
import { PawprintError } from "../utils/errors.ts";
import { lower, type SentLevel } from "./project-file.ts";
import type { ProjectLevels } from "./ProjectLevels.ts";
import { workOf } from "./row-place.ts";
import type { FrameLimits, Greeting, Outgoing } from "./outgoing.ts";

/** Under which identity rows are sent, and to which hub. */
export interface SenderIdentity {
  /** The id of the hub: see hubIdOf. */
  readonly hub: string;
  /** The hub's key for hashes. */
  readonly key: string;
  /** The id and the name under which the hub knows this machine. */
  readonly machine: string;
  readonly name: string;
  readonly program: string;
  readonly platform: string;
  /** Identifies this host among those that may use the ledger's file. */
  readonly host: string;
  /** Set for a CI job, whose ledger may be a copy at each run: the epoch of this run. */
  readonly epoch?: string;
}

/** A row that was not stored, and why. */
export type RefusedKey = NonNullable<Frame<"ack">["refused"]>[number];

/** A row as it leaves. */
export interface OutgoingRow {
  readonly source: string;
  readonly reader: number;
  readonly level: Level;
  readonly row: WireRow;
}

/** What became of rows that were sent or could not be. */
export interface SendReport {
  /** Rows that the hub refused. */
  readonly refused: readonly RefusedKey[];
  readonly refusedCount: number;
  /** Rows of keys whose observations the hub has pruned: acknowledged and not counted. */
  readonly late: number;
  /** Rows that are damaged or longer than a frame allows, by key. */
  readonly unsendable: readonly string[];
}

/** A part of the characters that a frame may have in bytes: JSON writes some characters with several. */
const CHARACTERS_PER_BYTE = 0.25;
const hashOf = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("base64url");

/** Rows that are looked at for one frame, where few of them leave the machine. */
const MOST_ROWS = 5_000;
/** Refused rows that are named. */
const MOST_NAMED = 20;

/** Rows by source, reader and level, within the limits of a frame. */
class GrowingFrame {
  readonly #limits: { readonly rows: number; readonly characters: number };
  readonly #groups = new Map<string, Omit<OutgoingRow, "row"> & { readonly rows: WireRow[] }>();
  #rows = 0;
  #characters = 0;

  constructor({ rows, bytes }: FrameLimits) {
    this.#limits = { rows, characters: Math.floor(bytes * CHARACTERS_PER_BYTE) };
  }

  get groups(): EventsFrame["groups"] {
    return [...this.#groups.values()];
  }

  /** What may still be added. */
  get left(): { readonly rows: number; readonly characters: number } {
    return { rows: this.#limits.rows - this.#rows, characters: this.#limits.characters - this.#characters };
  }

  get isFull(): boolean {
    return this.left.rows <= 0 || this.left.characters <= 0;
  }

  /** Adds rows that belong together; returns false if they are too many for what is left. The first ones always fit. */
  add(rows: readonly OutgoingRow[]): boolean {
    if (this.#rows > 0 && rows.length > this.left.rows) return false;
    for (const { source, reader, level, row } of rows) {
      const name = `${source}\n${reader}\n${level}`;
      let group = this.#groups.get(name);
      if (!group) this.#groups.set(name, (group = { source, reader, level, rows: [] }));
      group.rows.push(row);
      this.#rows++;
      this.#characters += row[0].length + row[1].length;
    }
    return true;
  }
}

/** The rows of a ledger as they leave for one hub. */
export class OutgoingRows implements Outgoing {
  readonly #outbox: Outbox;
  readonly #levels: ProjectLevels;
  readonly #identity: SenderIdentity;
  readonly #ledgerEpoch: string;
  /** The epoch that the hub was last asked about. */
  #greetedEpoch = "";
  /** Names this process; set once it has said that it sends rows. */
  #run: string | null = null;
  #reduction: Reduction;
  readonly #refused: RefusedKey[] = [];
  readonly #unsendable = new Set<string>();
  #refusedCount = 0;
  #late = 0;

  constructor(ledger: Ledger, levels: ProjectLevels, identity: SenderIdentity) {
    this.#outbox = outboxOf(ledger);
    this.#levels = levels;
    this.#identity = identity;
    this.#ledgerEpoch = identity.epoch ?? this.#outbox.epoch();
    const { key, machine } = identity;
    this.#reduction = { hash: keyedHash(key), fields: knownFields(), own: ledger.machine, machine };
  }

  get report(): SendReport {
    return {
      refused: this.#refused,
      refusedCount: this.#refusedCount,
      late: this.#late,
      unsendable: [...this.#unsendable],
    };
  }

  /** The hub's hash. */
  get hash(): KeyedHash {
    return this.#reduction.hash;
  }

  /** Number up to which the hub has acknowledged the rows, as far as this machine knows. */
  get acked(): number {
    const cursor = this.#outbox.cursor(this.#identity.hub);
    return cursor?.epoch === this.epoch ? cursor.acked : 0;
  }

  get sentAs(): { epoch: string; level: Level } {
    return { epoch: this.#greetedEpoch, level: this.#levels.most };
  }

  /**
   * The epoch of the numbers on the wire: that of the ledger, and of what may leave. A hub that is restored from a copy says how
   * far it had the rows; if more leaves by now, it must be sent all of them again.
   */
  get epoch(): string {
    return `${this.#ledgerEpoch}.${this.policy.slice(0, 16)}`;
  }

  /** In which form rows leave now, for the frames that have some. */
  get form(): Pick<EventsFrame, "epoch" | "cut"> {
    return { epoch: this.epoch, cut: fieldsCut(knownFields(), this.#reduction.fields) };
  }

  hello(): Greeting {
    const known = this.#outbox.cursor(this.#identity.hub);
    this.#run ??= crypto.randomUUID();
    const after = known?.epoch === this.epoch ? { after: { run: known.run, acked: known.acked } } : {};
    return { ...this.question(), run: this.#run, ...after };
  }

  /** A hello that only asks how far the hub has the rows. */
  question(): Greeting {
    const { machine, name, program, platform, host } = this.#identity;
    const { born } = this.#outbox.machine;
    const fingerprint = new Bun.CryptoHasher("sha256").update(`${host}\n${this.#outbox.file}`).digest("base64url");
    return {
      machine,
      name,
      born: Number.isFinite(born) ? born : Number.MAX_SAFE_INTEGER,
      epoch: (this.#greetedEpoch = this.epoch),
      fingerprint: fingerprint.slice(0, 22),
      program,
      platform,
      fields: knownFields(),
      level: this.#levels.most,
      head: this.#outbox.head(),
      pending: this.#outbox.pending(this.acked),
    };
  }

  welcomed(welcome: Frame<"welcome">): number {
    this.#reduction = { ...this.#reduction, fields: welcome.fields };
    this.#levels.refresh();
    // The hub's number is that of the epoch that it was asked about.
    const acked = this.#greetedEpoch === this.epoch ? Math.min(this.acked, welcome.acked) : 0;
    const run = this.#run;
    if (run !== null) this.#keep((outbox, hub) => outbox.setCursor(hub, { epoch: this.#greetedEpoch, acked, run }));
    return acked;
  }

  next(from: number, limits: FrameLimits): EventsFrame | null {
    const frame = new GrowingFrame(limits);
    let upto = from;
    for (let seen = 0; seen < MOST_ROWS && !frame.isFull;) {
      const part = this.#outbox.after(upto, frame.left);
      if (part.upto === upto) break;
      seen += part.rows.length;
      for (const row of part.rows) {
        if (!frame.add(this.outgoing(row))) return { type: "events", ...this.form, from, upto, groups: frame.groups };
        upto = row.seq;
      }
      upto = part.upto;
    }
    return upto === from ? null : { type: "events", ...this.form, from, upto, groups: frame.groups };
  }

  acknowledged(upto: number, refused: readonly RefusedKey[], late: number): void {
    this.#late += late;
    this.#refusedCount += refused.length;
    this.#refused.push(...refused.slice(0, MOST_NAMED - this.#refused.length));
    this.#keep((outbox, hub) => outbox.advance(hub, { epoch: this.#greetedEpoch, acked: upto }));
  }

  /** Stores how far the hub has the rows. Where that cannot be stored they are sent once more, and the hub has them once. */
  #keep(change: (outbox: Outbox, hub: string) => void): void {
    try {
      change(this.#outbox, this.#identity.hub);
    } catch (error) {
      if (!(error instanceof PawprintError && ["busy", "disk_full", "write_failed"].includes(error.code))) throw error;
    }
  }

  head(): number {
    return this.#outbox.head();
  }

  pending(from: number): number {
    return Object.values(this.#outbox.pending(from)).reduce((sum, rows) => sum + rows, 0);
  }

  /** A text that changes whenever rows would leave in another form: they are then all sent again. */
  get policy(): string {
    return hashOf(this.#levels.policy);
  }

  /**
   * A row as it leaves; none if it does not. At a hub all rows of one key have one level, since it removes those of another
   * level: where a key was observed in projects of several levels, its rows leave at the lowest of these.
   */
  outgoing(row: OutboxRow): readonly OutgoingRow[] {
    const own = this.#levelOf(row);
    if (own === "off") return [];
    const rows = this.#levels.isMixed ? this.#outbox.ofKeys([row.key]) : [];
    const others = rows.flatMap((one) => {
      const level = one.seq === row.seq ? "off" : this.#levelOf(one);
      return level === "off" ? [] : [{ row: one, level }];
    });
    const least = others.reduce<SentLevel>((level, one) => lower(level, one.level), own);
    const raised = others.filter(({ level }) => level !== least);
    return [row, ...raised.map((one) => one.row)].flatMap((one) => this.#reduced(one, least as Level) ?? []);
  }

  #reduced(row: OutboxRow, level: Level): OutgoingRow | null {
    const { key, source, reader } = row;
    try {
      const reduced = reduceRow(key, row.body, level, this.#reduction);
      if (reduced === null) return null;
      if (reduced[0].length <= wireLimits.keyLength && reduced[1].length <= wireLimits.bodyLength)
        return { source, reader, level, row: reduced };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    if (this.#unsendable.size < MOST_NAMED) this.#unsendable.add(key);
    return null;
  }

  #levelOf({ key, source, body }: OutboxRow): SentLevel {
    try {
      const { session, project } = workOf(key, body);
      return this.#levels.ofWork(source, session, project);
    } catch (error) {
      if (error instanceof SyntaxError) return "metrics";
      throw error;
    }
  }
}
