import type { SharedLedger } from "../ledger/sqlite/SharedLedger.ts";
import type { Zone } from "../model/calendar.ts";
import { keyedHash } from "../model/privacy-rules.ts";
import { type FieldCounts, knownFields } from "../model/wire.ts";
import type { Clock } from "../utils/clock.ts";
import { type AuditEntry, AuditLog } from "./AuditLog.ts";
import { CommitFeed } from "./CommitFeed.ts";
import { Connections } from "./Connections.ts";
import { ANYONE } from "./identity.ts";
import { Lowering } from "./Lowering.ts";
import { RowIngest } from "./RowIngest.ts";
import type { HubServices, ServerAbout } from "./services.ts";
import { hashKeyOf, openStore } from "./store.ts";
import { StoredMembers } from "./StoredMembers.ts";
import { StoredTokens } from "./StoredTokens.ts";
import { Tombstones } from "./Tombstones.ts";

/** How often what machines say about themselves is written, milliseconds. */
const FLUSH_MS = 10_000;

/** What a hub is made from. */
export interface HubOptions {
  /** Path of hub.db; ":memory:" for none. */
  readonly path: string;
  /** This machine's name for people. */
  readonly host: () => string;
  readonly clock: Clock;
  /** Version of this program. */
  readonly program: string;
  /** The address that machines use. */
  readonly url: string;
  /** The zone of this machine; UTC if missing. */
  readonly timezone?: () => Zone;
  /** Number of fields that it knows of each kind; those of this program if missing. */
  readonly fields?: FieldCounts;
  /** Notes a failure that nobody expected. */
  readonly failed?: (error: unknown) => void;
}

/** A hub: its ledger, members and tokens, and what runs over them. Opens hub.db; throws what openStore throws. */
export class Hub implements HubServices, Disposable {
  readonly ledger: SharedLedger;
  readonly members: StoredMembers;
  readonly tokens: StoredTokens;
  readonly ingest: RowIngest;
  readonly lowering: Lowering;
  readonly live: CommitFeed;
  readonly connections = new Connections();
  readonly program: string;
  readonly fields: FieldCounts;
  url: string;
  /** The key of the hub's hashes of branches, e-mail addresses and accounts: 32 bytes in base64url. */
  readonly key: string;
  readonly failed: (error: unknown) => void;
  readonly now = (): number => this.#clock.now();
  readonly about = (): ServerAbout => ({
    kind: "hub",
    name: this.#host(),
    timezone: this.#timezone(),
    machines: this.members.all().map(({ name, person }) => ({ name, person })),
  });
  readonly audit = (limit: number): AuditEntry[] => this.#audit.newest(limit);
  readonly gauges = (): Readonly<Record<string, number>> => ({
    uptimeSeconds: Math.floor((this.now() - this.#started) / 1_000),
    connections: this.connections.size,
    subscribers: this.live.subscribers,
    ...this.ingest.counts,
  });
  readonly #audit: AuditLog;
  readonly #clock: Clock;
  readonly #host: () => string;
  readonly #timezone: () => Zone;
  readonly #started: number;
  #flushed: number;
  /** Of the database, which grows when another process writes. */
  #version = -1;

  constructor({ path, host, clock, program, url, timezone = () => "UTC", fields, failed = () => {} }: HubOptions) {
    const now = (): number => clock.now();
    this.#host = host;
    this.#timezone = timezone;
    this.#clock = clock;
    this.#started = now();
    this.#flushed = this.#started;
    this.program = program;
    this.fields = fields ?? knownFields();
    this.failed = failed;
    this.url = url;
    this.ledger = openStore(path, host);
    this.key = hashKeyOf(this.ledger);
    this.#audit = new AuditLog(this.ledger, now);
    this.live = new CommitFeed(this.#started);
    this.members = new StoredMembers(this.ledger, this.#audit, this.connections, now);
    this.tokens = new StoredTokens(this.ledger, this.#audit, this.connections, now);
    const hash = keyedHash(this.key);
    this.lowering = new Lowering({ ledger: this.ledger, members: this.members, clock, hash, failed });
    this.ingest = new RowIngest({
      ledger: this.ledger,
      members: this.members,
      tombstones: new Tombstones(this.ledger),
      lowering: this.lowering,
      hash,
      audit: this.#audit,
      feed: this.live,
      clock,
      fields: this.fields,
    });
  }

  /**
   * To be called each second: ends connections whose token another process revoked, or which has expired, reports that another
   * process wrote, and now and then writes what is only in memory.
   */
  tick(): void {
    const now = this.now();
    const { database } = this.ledger;
    const version = database.query<{ data_version: number }, []>("PRAGMA data_version").get()?.data_version ?? 0;
    const isDue = now - this.#flushed >= FLUSH_MS;
    if (isDue) this.#flush();
    const isChanged = version !== this.#version;
    if (!isDue && !isChanged) return;
    // What another process wrote, such as pull, is news for pages too; which machines it is about is not known.
    if (isChanged && this.#version >= 0) this.live.publish(now, []);
    this.#version = version;
    if (this.connections.size === 0) return;
    const valid = this.tokens.valid();
    this.connections.end(({ token }) => token !== "local" && token !== ANYONE && !valid.has(token));
  }

  #flush(): void {
    this.#flushed = this.now();
    if (!this.members.hasNews && !this.tokens.hasNews) return;
    this.ledger.transaction(() => {
      this.members.flush();
      this.tokens.flush();
    });
    this.members.written();
    this.tokens.written();
  }

  [Symbol.dispose](): void {
    this.lowering.stop();
    this.ingest.flush();
    this.#flush();
    this.ledger[Symbol.dispose]();
  }
}
