import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { digestOf, machineKey, prepare } from "../../src/ledger/fold/prepare.ts";
import { dayOf } from "../../src/ledger/fold/times.ts";
import { observerOf } from "../../src/ledger/tables/journal.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { decodeBody, kindOf } from "../../src/model/body.ts";
import { OldLedger } from "../../src/ledger/sqlite/OldLedger.ts";
import { oldDigestOf } from "../../src/ledger/sqlite/migrations/sequence.ts";
import { refill } from "../../src/ledger/sqlite/refill.ts";
import { dumpOf, folder, integrityOf, wrongSums } from "./dump.ts";
import { formerLedger } from "./former.ts";
import { NOON, plainResponse } from "./sample.ts";

const MACHINE = "6153122b-d54d";

interface Row {
  readonly seq: number;
  readonly key: string;
  readonly digest: number;
  readonly machine: string;
  readonly source: string;
  readonly observer: number;
  readonly reader: number;
  readonly day: number;
  readonly level: number;
  readonly body: string;
}

/** A ledger that the version before this migration wrote, and its path. */
class Former implements Disposable {
  readonly #folder = folder();
  readonly path = join(this.#folder.path, "ledger.db");

  constructor() {
    formerLedger(this.path, "/home/dev", "before-sequence");
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }

  all<T>(sql: string, path = this.path): T[] {
    using database = new Database(path);
    return database.query<T, []>(sql).all();
  }

  change(sql: string): void {
    using database = new Database(this.path);
    expect(database.run(sql).changes).toBe(1);
  }

  /** Rebuilds it as the command does, without any of the assistants' files, and returns the new ledger's path. */
  refilled(): { path: string; damaged: number; kept: number } {
    const path = `${this.path}.new`;
    using old = new OldLedger(this.path, 1_000);
    const kept = refill(path, old, () => "here");
    using ledger = new Ledger(path, () => "here");
    ledger.rebuild();
    return { path, damaged: old.damaged, kept };
  }
}

describe("a ledger from before journals had a sequence", () => {
  test("keeps every observation, in the order of keys, with the digest of its text and its day", () => {
    using former = new Former();
    const before = former.all<Omit<Row, "seq" | "day" | "level">>(
      "SELECT * FROM journal ORDER BY key, machine, digest",
    );
    using ledger = new Ledger(former.path, () => "here");
    expect(ledger.machine).toBe(MACHINE);
    const rows = former.all<Row>("SELECT * FROM journal ORDER BY seq");
    expect(rows.map(({ seq }) => seq)).toEqual(before.map((_, index) => index + 1));
    const strip = ({ key, machine, source, reader, body }: Omit<Row, "seq" | "day" | "level">) =>
      JSON.stringify([key, machine, source, reader, body]);
    // Limits have keys of their machine.
    const named = before.map((row) => ({ ...row, key: machineKey(row.key, row.machine) }));
    expect(named.some(({ key }) => key.startsWith("limit:") && key.endsWith(MACHINE))).toBe(true);
    expect(rows.map(strip).toSorted()).toEqual(named.map(strip).toSorted());
    expect(rows.filter(({ digest, body }) => digest !== digestOf(body))).toEqual([]);
    expect(rows.filter((row) => row.observer !== observerOf(row.machine, row.source))).toEqual([]);
    expect(new Set(rows.map(({ level }) => level))).toEqual(new Set([1]));
    const dayOfRow = ({ key, body }: Row) => dayOf(decodeBody(kindOf(key) ?? "rest", body));
    expect(rows.filter((row) => row.day !== dayOfRow(row))).toEqual([]);
    const kinds = new Set(rows.filter(({ day }) => day > 20_000).map(({ key }) => kindOf(key)));
    expect([...kinds].map(String).toSorted()).toEqual(["action", "limit", "response", "session"]);
    expect(integrityOf(former.path)).toBe("ok");
  });

  test("has the same facts and sums as before, without a rebuild", () => {
    using former = new Former();
    const facts = former.all("SELECT * FROM response ORDER BY key, part");
    const sums = former.all<object>("SELECT * FROM usage_quarter ORDER BY quarter, slice");
    new Ledger(former.path, () => "here")[Symbol.dispose]();
    expect(former.all("SELECT * FROM response ORDER BY key, part")).toEqual(
      facts.map((fact) => renamed(fact as object)),
    );
    expect(former.all("SELECT * FROM usage_bucket ORDER BY bucket, dimension_id")).toEqual(sums.map(renamed));
    expect(wrongSums(former.path)).toEqual([]);
    const { facts: before, sums: sumsBefore } = dumpOf(former.path);
    using ledger = new Ledger(former.path, () => "here");
    ledger.rebuild();
    expect(dumpOf(former.path)).toMatchObject({ facts: before, sums: sumsBefore });
  });

  test("was born with its oldest observation; a new ledger when it was made", () => {
    using former = new Former();
    const [oldest] = former.all<{ at: number }>(
      "SELECT MIN(at) AS at FROM (SELECT at FROM response UNION SELECT at FROM action UNION SELECT first FROM session UNION SELECT at FROM rate_limit)",
    );
    new Ledger(former.path, () => "here")[Symbol.dispose]();
    const born = (path: string) =>
      former.all("SELECT id, value, born FROM machine JOIN meta ON meta.name = 'born'", path);
    expect(born(former.path)).toEqual([{ id: MACHINE, value: String(oldest?.at), born: oldest?.at }]);
    const fresh = `${former.path}.fresh`;
    const before = Date.now();
    using ledger = new Ledger(fresh, () => "here");
    expect(ledger.machine).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-/);
    const [row] = born(fresh) as { value: string; born: number }[];
    expect(row?.born).toBeGreaterThanOrEqual(before);
    expect(row?.born).toBeLessThanOrEqual(Date.now());
    expect(row?.value).toBe(String(row?.born));
    const epochs = [former.path, fresh].map((path) => former.all("SELECT value FROM meta WHERE name = 'epoch'", path));
    expect(epochs[0]).not.toEqual(epochs[1]);
  });

  test("with observations of two machines has each one's birth, and facts that equal a recount", () => {
    using former = new Former();
    const [at, body] = [NOON - 9, JSON.stringify([NOON - 9, "", 300, 5, NOON + 9, ""])];
    const text = (machine: string): string =>
      `('limit:codex::300:9', ${oldDigestOf(machine, "codex", body)}, '${machine}', 'codex', '${body}', 1)`;
    {
      using database = new Database(former.path);
      database.run(
        `INSERT INTO journal (key, digest, machine, source, body, reader) VALUES ${text("other")}, ${text(MACHINE)}`,
      );
      database.run("INSERT INTO machine VALUES ('other', 'there')");
      database.run(
        `INSERT INTO rate_limit VALUES ('limit:codex::300:9', 'other', 'codex', '', 300, 5, ${NOON + 9}, ${at}, '')`,
      );
    }
    const { path: refilled } = former.refilled();
    using ledger = new Ledger(former.path, () => "here");
    const { facts } = dumpOf(former.path);
    expect(facts.filter((fact) => fact.includes("limit:codex::300:9"))).toHaveLength(2);
    ledger.rebuild();
    expect(dumpOf(former.path).facts).toEqual(facts);
    expect(dumpOf(refilled).facts).toEqual(facts);
    for (const path of [former.path, refilled])
      expect(former.all("SELECT born FROM machine WHERE id = 'other'", path)).toEqual([{ born: at }]);
  });

  test("does not store an observation again that it has", () => {
    using former = new Former();
    using ledger = new Ledger(former.path, () => "here");
    const [known] = former.all<Row>("SELECT * FROM journal WHERE key LIKE 'response:msg%' AND reader = 2 LIMIT 1");
    const count = () => former.all("SELECT COUNT(*) AS rows, MAX(seq) AS last FROM journal");
    const before = count();
    using database = new Database(former.path);
    const again = database
      .query(
        "INSERT OR IGNORE INTO journal (key, digest, machine, source, observer, reader, day, level, body) VALUES (?, ?, ?, ?, ?, 2, 1, 1, ?)",
      )
      .run(
        known?.key ?? "",
        digestOf(known?.body ?? ""),
        MACHINE,
        known?.source ?? "",
        observerOf(MACHINE, known?.source ?? ""),
        known?.body ?? "",
      );
    expect(again.changes).toBe(0);
    expect(count()).toEqual(before);
    const entries = prepare(ledger.machine, "claude-code", [
      { kind: "response", key: "response:new", body: { ...plainResponse, at: NOON } },
    ]);
    ledger.ingest({ source: "claude-code", entries, skipped: [], restarted: [], files: [] });
    expect(former.all("SELECT day FROM journal WHERE key = 'response:new'")).toEqual([
      { day: Math.floor(NOON / 86_400_000) },
    ]);
  });

  test("refuses the rows of a program of that version that still has it open, instead of skipping them", () => {
    using former = new Former();
    using database = new Database(former.path);
    const insert = database.prepare<unknown, [string]>(
      "INSERT OR IGNORE INTO journal (key, digest, machine, source, body, reader) VALUES (?, 1, 'm', 'claude-code', '[]', 1)",
    );
    expect(insert.run("session:before").changes).toBe(1);
    new Ledger(former.path, () => "here")[Symbol.dispose]();
    expect(() => insert.run("session:after")).toThrow("malformed JSON");
  });

  test("can be rebuilt without being upgraded first, and gives the same ledger", () => {
    using upgraded = new Former();
    using former = new Former();
    new Ledger(upgraded.path, () => "here")[Symbol.dispose]();
    const { path, kept, damaged } = former.refilled();
    expect({ kept, damaged }).toEqual({ kept: dumpOf(upgraded.path).journal.length, damaged: 0 });
    expect(dumpOf(path)).toMatchObject({ facts: dumpOf(upgraded.path).facts });
    const identity = "SELECT machine.*, value FROM machine JOIN meta ON meta.name = 'born'";
    expect(former.all(identity, path)).toEqual(former.all(identity, upgraded.path));
  });

  test("does not make a damaged observation look intact", () => {
    using former = new Former();
    former.change("UPDATE journal SET body = replace(body, '2026', '2027') WHERE key LIKE 'day:%'");
    former.change("UPDATE journal SET body = '[' WHERE key LIKE 'cost-state:9%'");
    new Ledger(former.path, () => "here")[Symbol.dispose]();
    const { damaged, kept } = former.refilled();
    expect({ damaged, kept }).toEqual({ damaged: 2, kept: dumpOf(former.path).journal.length - 2 });
  });
});

/** A row with the current names of its columns. */
const renamed = (row: object): object =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      { slice: "dimension_id", quarter: "bucket" }[name] ?? name,
      value as unknown,
    ]),
  );
