import { randomBytes, timingSafeEqual } from "node:crypto";
import { FOREVER } from "../model/calendar.ts";
import type { SharedLedger } from "../ledger/sqlite/SharedLedger.ts";
import { columnsOf, type ColumnValue, insertSql, rowOf } from "../ledger/tables/table.ts";
import { PawprintError } from "../utils/errors.ts";
import type { AuditLog } from "./AuditLog.ts";
import { hashOf, newCode, pageTimes, wrongPageCode } from "./codes.ts";
import type { Connections } from "./Connections.ts";
import { allows, type Identity, type Scope } from "./identity.ts";
import type { Invitee, PageCode, PageToken, TokenEntry, TokenStore } from "./services.ts";
import { invite, page, token } from "./tables.ts";

/** How long an invitation is valid, milliseconds. */
const INVITATION_MS = 600_000;
/** How long a token that has ended is listed, milliseconds: each CI job gets one. */
const ENDED_MS = 30 * 86_400_000;
/** Pages that one token can have let in: the one that came first ends when there is one more. */
const PAGES_OF_TOKEN = 100;
const TOKEN_BYTES = 32;
const ID_BYTES = 8;

const tokenCells = rowOf(token);
const inviteCells = rowOf(invite);
const pageCells = rowOf(page);
const areEqual = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** Tokens and invitations in hub.db, by the SHA-256 of their texts. */
export class StoredTokens implements TokenStore {
  readonly #ledger: SharedLedger;
  readonly #audit: AuditLog;
  readonly #connections: Connections;
  readonly #now: () => number;
  readonly #used = new Map<string, number>();

  constructor(ledger: SharedLedger, audit: AuditLog, connections: Connections, now: () => number) {
    this.#ledger = ledger;
    this.#audit = audit;
    this.#connections = connections;
    this.#now = now;
  }

  all(): TokenEntry[] {
    const rows = this.#ledger.database
      .query<TokenEntry, []>(`SELECT ${columnsOf(token, "hash").join(", ")} FROM token ORDER BY name, created, id`)
      .all();
    return rows.map((row) => ({ ...row, used: this.#used.get(row.id) ?? row.used }));
  }

  create(
    entry: Pick<TokenEntry, "name" | "scope" | "machine" | "person" | "expires">,
    by: Identity,
  ): { id: string; token: string } {
    const prefix = entry.scope === "machine" ? "pawm_" : "pawt_";
    const text = `${prefix}${randomBytes(TOKEN_BYTES).toString("base64url")}`;
    const id = randomBytes(ID_BYTES).toString("hex");
    const now = this.#now();
    const cells = tokenCells({ ...entry, id, hash: hashOf(text), created: now, used: null, revoked: null });
    this.#ledger.transaction((database) => {
      database.query("DELETE FROM token WHERE COALESCE(revoked, expires) < ?").run(now - ENDED_MS);
      database.query<unknown, ColumnValue[]>(insertSql(token, columnsOf(token), "INSERT")).run(...cells);
      this.#audit.add(by, "token", `created ${entry.name} (${id}) for ${entry.scope}`);
    });
    return { id, token: text };
  }

  revoke(idOrName: string, by: Identity): void {
    const active = this.#active();
    const found = active.filter(({ id }) => id === idOrName);
    const [only, ...more] = found.length > 0 ? found : active.filter(({ name }) => name === idOrName);
    if (!only) throw new PawprintError("not_found", `no valid token ${idOrName} is known`, "see: pawprint token list");
    if (more.length > 0) {
      throw new PawprintError("bad_usage", `several tokens have the name ${idOrName}`, "give the id of one of them");
    }
    const ended = this.#ledger.transaction((database) => {
      this.#audit.add(by, "token", `revoked ${only.name} (${only.id})`);
      return database
        .query<{ id: string }, [number, string]>(
          `UPDATE token SET revoked = ?1 WHERE revoked IS NULL AND id IN
             (SELECT ?2 UNION ALL SELECT token FROM page WHERE parent = ?2) RETURNING id`,
        )
        .all(this.#now(), only.id);
    });
    this.#connections.end((identity) => ended.some(({ id }) => id === identity.token));
  }

  leave(by: Identity): void {
    const isOfLogin = ({ id, machine, scope }: TokenEntry): boolean =>
      id === by.token || (machine === by.machine && scope === "read");
    for (const { id } of this.#active().filter(isOfLogin)) this.revoke(id, by);
  }

  identify(text: string): Identity {
    const hash = hashOf(text);
    const row = this.#ledger.database
      .query<TokenEntry & { hash: string }, [string]>(`SELECT ${columnsOf(token).join(", ")} FROM token WHERE hash = ?`)
      .get(hash);
    if (!row || !areEqual(row.hash, hash)) throw unauthorized("unknown");
    if (row.revoked !== null) throw unauthorized("revoked");
    const now = this.#now();
    if (row.expires !== null && row.expires <= now) throw unauthorized("expired");
    this.#used.set(row.id, now);
    const { id, name, scope, machine, person } = row;
    return { token: id, name, scope, machine, person };
  }

  /** Whether tokens are valid, by id: those that are neither revoked nor expired. */
  valid(): ReadonlySet<string> {
    const rows = this.#ledger.database
      .query<{ id: string }, [number]>(
        "SELECT id FROM token WHERE revoked IS NULL AND (expires IS NULL OR expires > ?)",
      )
      .all(this.#now());
    return new Set(rows.map(({ id }) => id));
  }

  invite({ name, person, mayRead }: Invitee, by: Identity): { code: string; expiresAt: number } {
    const code = newCode();
    const now = this.#now();
    const expires = now + INVITATION_MS;
    this.#ledger.transaction((database) => {
      database.query("DELETE FROM invite WHERE expires < ?").run(now - INVITATION_MS);
      const cells = inviteCells({ hash: hashOf(code), name, person, created: now, expires, used: null, mayRead });
      database.query<unknown, ColumnValue[]>(insertSql(invite, columnsOf(invite), "INSERT")).run(...cells);
      this.#audit.add(by, "invite", mayRead ? `${name}, which may read` : name);
    });
    return { code, expiresAt: expires };
  }

  redeem(code: string): Invitee {
    const now = this.#now();
    const found = this.#ledger.database
      .query<Omit<Invitee, "mayRead"> & { mayRead: number }, [number, string, number]>(
        `UPDATE invite SET used = ? WHERE hash = ? AND used IS NULL AND expires > ?
         RETURNING name, person, may_read AS mayRead`,
      )
      .get(now, hashOf(code), now);
    if (found) return { ...found, mayRead: found.mayRead === 1 };
    const hint = "ask for a new one: pawprint invite, on the hub";
    throw new PawprintError("unauthorized", "the invitation is unknown, used or expired", hint);
  }

  pageCode(scope: Scope, by: Identity): PageCode {
    if (!allows(by.scope, scope)) {
      const hint = "ask for scope read, or with another token";
      throw new PawprintError("forbidden", `a token with scope ${by.scope} opens no page with ${scope}`, hint);
    }
    const code = newCode();
    const now = this.#now();
    const own = this.all().find(({ id }) => id === by.token);
    // A page that asks for another one is let in no longer than itself.
    const origin = this.#ledger.database
      .query<{ parent: string }, [string]>("SELECT parent FROM page WHERE token = ?")
      .get(by.token);
    const parent = origin?.parent ?? by.token;
    const { machine, person } = by;
    const name = origin ? by.name : `page of ${by.name}`;
    const [expires, ends] = [now + pageTimes.codeMs, Math.min(now + pageTimes.tokenMs, own?.expires ?? FOREVER)];
    const entry = { hash: hashOf(code), parent, token: "", name, scope, machine, person, created: now, expires, ends };
    this.#ledger.transaction((database) => {
      database.query("DELETE FROM page WHERE expires < ? AND token NOT IN (SELECT id FROM token)").run(now);
      database.query<unknown, ColumnValue[]>(insertSql(page, columnsOf(page), "INSERT")).run(...pageCells(entry));
    });
    return { code, expiresAt: expires };
  }

  redeemPage(code: string): PageToken {
    const now = this.#now();
    const hash = hashOf(code);
    const found = this.#ledger.database
      .query<PageRow, [string, number]>(
        `SELECT parent, name, scope, machine, person, ends FROM page WHERE hash = ?1 AND token = '' AND expires > ?2 AND
           (parent = 'local' OR parent IN
             (SELECT id FROM token WHERE revoked IS NULL AND (expires IS NULL OR expires > ?2)))`,
      )
      .get(hash, now);
    if (!found) throw wrongPageCode();
    const { parent, ends, ...entry } = found;
    const token = this.#ledger.transaction((database) => {
      const made = this.create({ ...entry, expires: ends }, { ...entry, token: parent });
      database.query("UPDATE page SET token = ? WHERE hash = ?").run(made.id, hash);
      database
        .query(
          `DELETE FROM token WHERE id IN
             (SELECT token FROM page WHERE parent = ? AND token <> '' ORDER BY created DESC LIMIT -1 OFFSET ?)`,
        )
        .run(parent, PAGES_OF_TOKEN);
      return made.token;
    });
    return { token, expiresAt: ends };
  }

  #active(): TokenEntry[] {
    return this.all().filter(({ revoked }) => revoked === null);
  }

  /** Whether `flush` has something to write. */
  get hasNews(): boolean {
    return this.#used.size > 0;
  }

  /** Writes when tokens were last used. Call only within a transaction. */
  flush(): void {
    const put = this.#ledger.database.query("UPDATE token SET used = ? WHERE id = ?");
    for (const [id, at] of this.#used) put.run(at, id);
  }

  /** Forgets what `flush` has written, once that is committed. */
  written(): void {
    this.#used.clear();
  }
}

type PageRow = Pick<TokenEntry, "name" | "scope" | "machine" | "person"> & {
  readonly parent: string;
  readonly ends: number;
};

const unauthorized = (why: string): PawprintError =>
  new PawprintError("unauthorized", `the token is ${why}`, "log in again, or ask for another token");
