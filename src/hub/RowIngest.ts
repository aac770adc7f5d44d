import type { PreparedEntry } from "../ledger/fold/prepare.ts";
import { prepareRows } from "../ledger/fold/prepare-rows.ts";
import type { SharedLedger } from "../ledger/sqlite/SharedLedger.ts";
import { checkRow } from "../model/privacy.ts";
import type { KeyedHash } from "../model/privacy-rules.ts";
import type { EventsFrame, FieldCounts, ForgottenHashes, Frame } from "../model/wire.ts";
import type { Clock } from "../utils/clock.ts";
import { PawprintError } from "../utils/errors.ts";
import type { AuditLog } from "./AuditLog.ts";
import type { CommitFeed } from "./CommitFeed.ts";
import type { Identity } from "./identity.ts";
import type { Lowering } from "./Lowering.ts";
import { hubLimits } from "./limits.ts";
import type { Beginning, Commit, Ingest, Member } from "./services.ts";
import type { StoredMembers } from "./StoredMembers.ts";
import { StreamStates } from "./StreamStates.ts";
import type { Tombstones } from "./Tombstones.ts";

/** A frame that waits to be written. */
interface Submission {
  readonly machine: string;
  readonly frame: EventsFrame;
  readonly rows: number;
  resolve(ack: Frame<"ack">): void;
  reject(error: unknown): void;
}

/** What a machine sent: the rows of a day since 1970, and the frames of them that are not written yet. */
interface Sent {
  day: number;
  rows: number;
  waiting: number;
}

const DAY_MS = 86_400_000;

/** What a transaction stores of each machine. */
type Stored = Map<string, Commit["machines"][number]>;

/** What a transaction needs besides the ledger. */
export interface IngestParts {
  readonly ledger: SharedLedger;
  readonly members: StoredMembers;
  readonly tombstones: Tombstones;
  readonly lowering: Lowering;
  readonly hash: KeyedHash;
  readonly audit: AuditLog;
  readonly feed: CommitFeed;
  readonly clock: Clock;
  /** Number of fields that the hub knows of each kind. */
  readonly fields: FieldCounts;
}

/** Rows and commits since the start. */
export interface IngestCounts {
  rows: number;
  commits: number;
  refused: number;
}

/** Writes the rows of many machines in one transaction, and acknowledges them when they are on the disk. */
export class RowIngest implements Ingest {
  readonly counts: IngestCounts = { rows: 0, commits: 0, refused: 0 };
  readonly #parts: IngestParts;
  /** In the order in which they came. */
  #waiting: Submission[] = [];
  #waitingRows = 0;
  #isScheduled = false;
  readonly #senders = new Map<string, Sent>();
  readonly #streams: StreamStates;

  constructor(parts: IngestParts) {
    this.#parts = parts;
    this.#streams = new StreamStates(parts);
  }

  submit(machine: string, frame: EventsFrame): Promise<Frame<"ack">> {
    const rows = frame.groups.reduce((sum, group) => sum + group.rows.length, 0);
    if (this.#waitingRows >= hubLimits.waitingRows) return Promise.reject(overloaded());
    const sent = this.#sentBy(machine);
    if (sent.waiting >= hubLimits.waitingFrames) return Promise.reject(tooManyFrames());
    if (sent.rows + rows > hubLimits.rowsPerDay) return Promise.reject(tooManyRows());
    sent.waiting++;
    sent.rows += rows;
    this.#waitingRows += rows;
    const { promise, resolve, reject } = Promise.withResolvers<Frame<"ack">>();
    this.#waiting.push({ machine, frame, rows, resolve, reject });
    this.#schedule(hubLimits.gatherMs);
    return promise;
  }

  /** Writes everything that waits, at once. */
  flush(): void {
    while (this.#waiting.length > 0) this.#writeNext();
  }

  #schedule(ms: number): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    void this.#writeAfter(ms);
  }

  async #writeAfter(ms: number): Promise<void> {
    await this.#parts.clock.sleep(ms);
    this.#isScheduled = false;
    this.#writeNext();
    if (this.#waiting.length > 0) this.#schedule(0);
  }

  #writeNext(): void {
    let rows = 0;
    let count = 0;
    for (const one of this.#waiting) {
      if (count > 0 && rows + one.rows > hubLimits.commitRows) break;
      rows += one.rows;
      count++;
    }
    if (count === 0) return;
    const next = this.#waiting.splice(0, count);
    this.#waitingRows -= rows;
    for (const { machine } of next) this.#sentBy(machine).waiting--;
    this.#write(next);
  }

  /** Writes some frames; if that fails, each alone, so that one frame that cannot be written holds up no other machine. */
  #write(submissions: readonly Submission[]): void {
    const { clock, feed, ledger, members } = this.#parts;
    const machines: Stored = new Map();
    const acks: (readonly [Submission, Frame<"ack">])[] = [];
    const behind: Submission[] = [];
    try {
      ledger.transaction(() => {
        this.#parts.tombstones.refresh();
        for (const one of submissions) {
          const ack = this.#add(one, machines);
          if (ack) acks.push([one, ack]);
          else behind.push(one);
        }
        members.flush();
      });
    } catch (error) {
      if (submissions.length > 1 && !isOfTheDisk(error)) for (const one of submissions) this.#write([one]);
      else for (const { reject } of submissions) reject(error);
      return;
    }
    members.written();
    this.counts.commits++;
    for (const [{ machine, frame, resolve, rows }, ack] of acks) {
      members.arrived(machine, frame.groups);
      this.counts.rows += rows;
      this.counts.refused += ack.refused?.length ?? 0;
      resolve(ack);
    }
    for (const { reject } of behind) reject(rowsMissing());
    if (acks.length > 0) feed.publish(clock.now(), [...machines.values()]);
  }

  /** Adds a frame to the transaction; null if rows before it have not arrived, or the machine did not say that it sends details. */
  #add({ machine, frame }: Submission, machines: Stored): Frame<"ack"> | null {
    const { ledger, members, tombstones } = this.#parts;
    const { epoch, from, groups, upto } = frame;
    const known = this.#streams.of(machine, epoch);
    // Rows of another form of the same ledger were sent before those that are here now, or to another version of the hub.
    if (known.epoch !== epoch || from > known.acked || (frame.cut ?? known.cut) !== known.cut) return null;
    const cut = JSON.parse(known.cut) as FieldCounts;
    if (groups.some(({ level }) => level === "details")) {
      const member = members.find(machine);
      // On its way when the machine lowered its level, or from another computer with the same login, which then says what it sends.
      if (member?.level === "metrics") return null;
      if (member?.details === 0) members.hasDetails(machine);
    }
    const owner = members.ownerOf(machine);
    const sum = machines.getOrInsertComputed(machine, () => ({ machine, rows: 0, upto: 0, newest: 0 }));
    sum.upto = upto;
    const refused: NonNullable<Frame<"ack">["refused"]> = [];
    let late = 0;
    let isReplaced = false;
    for (const { source, reader, level, rows } of groups) {
      const prepared = prepareRows({ machine, source, reader }, rows, {
        problemOf: (kind, key, values) => checkRow(kind, key, values, level),
        isForgotten(place) {
          if (tombstones.keepsOut(machine, place)) return true;
          sum.newest = Math.max(sum.newest, place.at);
          return false;
        },
      });
      refused.push(...prepared.refused);
      const { origins } = prepared;
      const cutOf = ({ kind }: PreparedEntry): number => (level === "metrics" && kind !== null ? (cut[kind] ?? 0) : 0);
      for (const [missing, entries] of Map.groupBy(prepared.entries, cutOf)) {
        const added = ledger.add({ machine: owner, level, cut: missing, source, entries, origins });
        sum.rows += added.rows;
        late += added.late;
        isReplaced ||= added.isReplaced;
      }
    }
    if (isReplaced) this.#streams.distrustOthers(machine, known);
    const reached = Math.max(upto, known.acked);
    this.#streams.store(machine, { ...known, acked: reached });
    if (late + refused.length > 0) members.count(machine, { late, refused: refused.length });
    return {
      type: "ack",
      epoch,
      upto: reached,
      ...(refused.length > 0 ? { refused } : {}),
      ...(late > 0 ? { late } : {}),
    };
  }

  forget({ kind, value, machine }: Parameters<Ingest["forget"]>[0], by: Identity): number {
    const { audit, clock, ledger, members, tombstones } = this.#parts;
    const at = clock.now();
    if (by.scope === "machine" && machine !== null) {
      const sent = this.#sentBy(machine);
      if (sent.rows + hubLimits.rowsOfForget > hubLimits.rowsPerDay) throw tooManyRows();
      sent.rows += hubLimits.rowsOfForget;
    }
    // What waits was sent before, and must not be stored afterwards.
    this.flush();
    return ledger.transaction(() => {
      audit.add(by, "forget", `${kind} ${value}${machine === null ? "" : ` of ${machine}`}`);
      if (kind === "session" || kind === "project") {
        tombstones.add({ kind, value, machine: machine ?? "", at });
        return ledger.forget({ machines: machine === null ? null : [machine], [kind]: value });
      }
      const all = members.all();
      const named = kind === "machine" ? [members.find(value)?.machine ?? value] : idsOf(all, value);
      const machines = named.filter((id) => machine === null || id === machine);
      for (const id of machines) tombstones.add({ kind: "machine", value: id, machine: id, at });
      return ledger.forget({ machines });
    });
  }

  begin(machine: string, hello: Beginning): number {
    return this.#streams.begin(machine, hello);
  }

  lower(machine: string): void {
    if (this.#parts.lowering.begin(machine)) this.#streams.forgetDetails(machine);
  }

  lacks(machine: string, { epoch, acked, level }: NonNullable<Frame<"beat">["sent"]>): boolean {
    const known = this.#streams.of(machine, epoch);
    if (known.epoch === epoch) return known.acked < acked;
    return level === "details" && this.#parts.members.find(machine)?.level === "metrics";
  }

  forgottenOf(machine: string): ForgottenHashes {
    return this.#parts.tombstones.of(machine, this.#parts.hash);
  }

  get newestTombstone(): number {
    return this.#parts.tombstones.newest;
  }

  #sentBy(machine: string): Sent {
    const day = Math.floor(this.#parts.clock.now() / DAY_MS);
    const sent = this.#senders.getOrInsertComputed(machine, () => ({ day, rows: 0, waiting: 0 }));
    if (sent.day !== day) [sent.day, sent.rows] = [day, 0];
    return sent;
  }
}

/** The ids of a person's machines. */
const idsOf = (members: readonly Member[], person: string): string[] =>
  members.flatMap((one) => (one.person === person ? one.machine : []));

const isOfTheDisk = (error: unknown): boolean =>
  error instanceof PawprintError && ["busy", "disk_full", "write_failed"].includes(error.code);

const rowsMissing = (): PawprintError =>
  new PawprintError(
    "busy",
    "rows before these have not arrived, or the machine's level has changed",
    "say hello again: the answer says what has arrived",
  );

const overloaded = (): PawprintError =>
  new PawprintError(
    "busy",
    "the hub has more to write than it can keep in memory",
    "the machine tries again by itself",
  );

const tooManyFrames = (): PawprintError =>
  new PawprintError("too_many", "this machine sent more frames than the window allows", "wait for acknowledgements");

const tooManyRows = (): PawprintError =>
  new PawprintError("too_many", "this machine sent more than a hub takes in a day", "try again tomorrow");
