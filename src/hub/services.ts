import type { SharedLedger } from "../ledger/sqlite/SharedLedger.ts";
import type { EventsFrame, FieldCounts, ForgottenHashes, Frame, Level } from "../model/wire.ts";
import type { AuditEntry } from "./AuditLog.ts";
import type { Connections } from "./Connections.ts";
import type { FailureLog } from "./public-error.ts";
import type { Identity, Scope } from "./identity.ts";

/** A sender of rows, as people see it. Times are epoch milliseconds. */
export interface Member {
  readonly machine: string;
  readonly name: string;
  readonly person: string;
  readonly provenance: "machine" | "ci" | "pull" | "upload";
  readonly born: number;
  readonly joined: number;
  readonly seen: number | null;
  readonly revoked: number | null;
  readonly program: string;
  readonly platform: string;
  readonly fingerprint: string;
  /** Milliseconds that its clock is ahead of the hub's. */
  readonly skew: number;
  /** The most that leaves the machine, as it last said. */
  readonly level: Level;
  /** 1 if it may have rows at level details. */
  readonly details: number;
  /** Rows that it still has to send, by assistant, as it last said. */
  readonly pending: Readonly<Record<string, number>>;
  readonly late: number;
  readonly refused: number;
  /** When two ledgers last spoke as this machine at once; null if that never happened. */
  readonly conflict: number | null;
}

/** The machines of a hub. All methods write at once, with an entry in the audit log where people did it. */
export interface Members {
  all(): Member[];
  /** By id or name; null if there is none. */
  find(nameOrId: string): Member | null;
  /** Adds one, or goes on as the known one. Throws machine_known if another one has the name. */
  add(member: Pick<Member, "machine" | "name" | "person" | "provenance" | "born">, by: Identity): Member;
  /** What a `hello` or `beat` says about a machine. */
  saw(machine: string, hello: Partial<Member>): void;
  rename(machine: string, name: string, by: Identity): void;
  /** Ends all tokens of the machine and closes its connections; its rows stay. */
  revoke(machine: string, by: Identity): void;
}

/** A token without its text. */
export interface TokenEntry {
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  readonly machine: string | null;
  readonly person: string;
  readonly created: number;
  readonly expires: number | null;
  readonly used: number | null;
  readonly revoked: number | null;
}

/** A code that a page exchanges once for a token, until a time (epoch ms). */
export interface PageCode {
  readonly code: string;
  readonly expiresAt: number;
}
/** The token that a page has received for its code, valid until a time (epoch ms). */
export interface PageToken {
  readonly token: string;
  readonly expiresAt: number;
}

/** By what pages are let in. */
export interface PageTokens {
  /** Whose token this is. Throws unauthorized if it is unknown, expired or revoked. */
  identify(token: string): Identity;
  /** The token for a code of a page, which is used up by that. Throws unauthorized. */
  redeemPage(code: string): PageToken;
}

/** Tokens and invitations. Texts of tokens exist in the answer that makes them and nowhere else. */
export interface TokenStore extends PageTokens {
  all(): TokenEntry[];
  create(
    entry: Pick<TokenEntry, "name" | "scope" | "machine" | "person" | "expires">,
    by: Identity,
  ): { id: string; token: string };
  revoke(idOrName: string, by: Identity): void;
  /** Ends the login that a machine's token belongs to: that token, and the one by which the machine reads. */
  leave(by: Identity): void;
  /**
   * A code for a page whose token allows `read`, or `admin` if that is asked for. It never allows more than who asks for it, ends with
   * that token, and when the machine of that token is revoked. Throws forbidden.
   */
  pageCode(scope: Scope, by: Identity): PageCode;
  /** A code of 128 bits for one machine, valid for ten minutes. */
  invite(invitee: Invitee, by: Identity): { code: string; expiresAt: number };
  /** What an invitation is for; it is used up by that. Throws unauthorized. */
  redeem(code: string): Invitee;
}

/** Whom an invitation is for, and whether the machine may also read the reports of all machines. */
export interface Invitee {
  readonly name: string;
  readonly person: string;
  readonly mayRead: boolean;
}

/** What was committed, for subscribers. */
export type Commit = Omit<Frame<"commit">, "type">;

/** What `hello` says of the rows that follow. */
export type Beginning = Pick<Frame<"hello">, "epoch" | "level" | "fields" | "run" | "after">;

/** Rows on their way to the disk: those of many machines are written in one transaction. */
export interface Ingest {
  /** Resolves when the rows are on the disk, with what to acknowledge. Throws what the ledger throws. */
  submit(machine: string, frame: EventsFrame): Promise<Frame<"ack">>;
  /**
   * A machine sends rows of an epoch from now on, and none of another epoch of the same ledger, or only asks: returns up to which number
   * they are on the disk in the form in which they leave now, and surely the same rows.
   */
  begin(machine: string, hello: Beginning): number;
  /**
   * Takes the details out of what a machine sent, if it sends none any more. Another ledger with the same login that does sends all of its
   * rows again: how far these are counts for nothing then.
   */
  lower(machine: string): void;
  /** Whether a machine believes more to be here than it is: a hello that came late, or that of another computer, has changed that. */
  lacks(machine: string, sent: NonNullable<Frame<"beat">["sent"]>): boolean;
  /** What of a machine's rows was forgotten, as keyed hashes. */
  forgottenOf(machine: string): ForgottenHashes;
  /** The number of the newest tombstone. */
  readonly newestTombstone: number;
  /** Removes rows and leaves a tombstone; returns the number of rows. `machine` null: of all machines. */
  forget(
    what: { kind: "session" | "project" | "machine" | "person"; value: string; machine: string | null },
    by: Identity,
  ): number;
}

/** Who wants to know of commits. */
export interface Live {
  /** Calls back after each commit until the result is called; `since` first replays those that are still known. */
  subscribe(listener: (commit: Commit) => void, since?: number): () => void;
  readonly newest: number;
}

/** What a page can know of its server before it asks for reports. */
export interface ServerAbout {
  /** A hub, or the ledger of one machine. */
  readonly kind: "hub" | "machine";
  readonly name: string;
  /** The zone of the server's machine. */
  readonly timezone: string;
  /** The machines whose usage it has, by name. */
  readonly machines: readonly Pick<Member, "name" | "person">[];
}

/** What a page needs in the server's process. */
export interface PageServices extends FailureLog {
  readonly tokens: PageTokens;
  readonly live: Live;
  readonly connections: Connections;
  about(): ServerAbout;
  /** Version of this program. */
  readonly program: string;
  /** Epoch milliseconds. */
  now(): number;
}

/** Everything that a route may use in the hub's process. */
export interface HubServices extends PageServices {
  readonly ledger: SharedLedger;
  readonly members: Members;
  readonly tokens: TokenStore;
  readonly ingest: Ingest;
  /** Number of fields that the hub knows of each kind. */
  readonly fields: FieldCounts;
  /** The newest entries of the audit log. */
  audit(limit: number): readonly AuditEntry[];
  /** The address that machines use. */
  readonly url: string;
  /** Numbers for /health and /metrics: uptime, connections, rows, commits, refused frames, sizes. */
  gauges(): Readonly<Record<string, number>>;
}
