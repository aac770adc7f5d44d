import { Database } from "bun:sqlite";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Collector, type ScanResult } from "../../src/collector/Collector.ts";
import type { SkippedLine } from "../../src/ledger/sqlite/Files.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { Phase, Source } from "../../src/sources/contract.ts";
import type { Environment } from "../../src/utils/config.ts";
import { type Dump, dumpOf, wrongSums } from "../ledger/dump.ts";
import type { Tokens } from "../../src/model/tokens.ts";

/** Directory of the recorded homes. */
export const assistants = join(import.meta.dir, "../fixtures/assistants");

/** A response in the ledger. */
export interface CountedResponse extends Tokens {
  readonly key: string;
  readonly session: string;
  readonly project: string;
  readonly agent: string;
  readonly model: string;
  readonly at: number;
  readonly reasoning: number;
  /** Nano-dollars as reported by the assistant, and see DimensionSet.costKind. */
  readonly cost: number;
  readonly costKind: number;
}

/** An action in the ledger. */
export interface CountedAction {
  readonly key: string;
  readonly action: string;
  readonly at: number;
  readonly session: string;
  readonly name: string;
  readonly ok: number | null;
  readonly duration: number | null;
  readonly target: string;
  readonly added: number;
  readonly removed: number;
  readonly length: number;
}

/** Token totals. The classes do not overlap, except that reasoning is part of output. */
export interface Totals {
  readonly responses: number;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly reasoning: number;
}

/** The key of a response, with its number if several facts follow from one key. */
export const RESPONSE_KEY = "key || iif(part = 0, '', '#' || part) AS key";
const COUNTED = `${RESPONSE_KEY}, session, project, agent, model, at, input, output, cache_write_5m AS cacheWrite5m,
  cache_write_1h AS cacheWrite1h, cache_read AS cacheRead, reasoning, cost, cost_kind AS costKind`;

/** An empty home directory, a ledger, and a collector with the given sources. */
export class SourceHarness implements Disposable {
  readonly home: string;
  readonly path: string;
  readonly ledger: Ledger;
  readonly #folder: string;
  readonly #collector: Collector;

  constructor(sources: readonly Source[], env: Environment = {}) {
    this.#folder = realpathSync(mkdtempSync(join(tmpdir(), "pawprint-source-")));
    this.home = join(this.#folder, "home");
    this.path = join(this.#folder, "ledger.db");
    mkdirSync(this.home);
    this.ledger = new Ledger(this.path, () => "here");
    this.#collector = new Collector(this.ledger, sources, { env, home: this.home, now: () => 0 });
  }

  [Symbol.dispose](): void {
    this.ledger[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Copies a recorded file or folder to a path below the home. */
  place(recorded: string, to: string): void {
    mkdirSync(dirname(join(this.home, to)), { recursive: true });
    cpSync(join(assistants, recorded), join(this.home, to), { recursive: true, preserveTimestamps: true });
  }

  /** Scans in both phases, or in the given ones; returns the result of the first. Checks the ledger's totals each time. */
  async scan(phases: readonly Phase[] = ["usage", "activity"]): Promise<ScanResult> {
    const scanned: ScanResult[] = [];
    for (const phase of phases) scanned.push(await this.#collector.scan(phase));
    const wrong = wrongSums(this.path);
    if (wrong.length > 0) throw new Error(`totals differ from the facts: ${JSON.stringify(wrong)}`);
    return scanned[0] as ScanResult;
  }

  get responses(): CountedResponse[] {
    return this.all(
      `SELECT ${COUNTED} FROM response JOIN dimension_set ON dimension_set.id = dimension_id ORDER BY at, key`,
    );
  }

  get actions(): CountedAction[] {
    return this.all(
      `SELECT key, action, at, session, name, ok, duration, target, added, removed, length
       FROM action JOIN dimension_set ON dimension_set.id = dimension_id ORDER BY at, key`,
    );
  }

  get totals(): Totals {
    const [totals] = this.all<Totals>(
      `SELECT COUNT(*) AS responses, COALESCE(SUM(input), 0) AS input, COALESCE(SUM(output), 0) AS output,
       COALESCE(SUM(cache_read), 0) AS cacheRead, COALESCE(SUM(cache_write_5m + cache_write_1h), 0) AS cacheWrite,
       COALESCE(SUM(reasoning), 0) AS reasoning FROM response`,
    );
    if (!totals) throw new Error("no totals");
    return totals;
  }

  get skipped(): readonly SkippedLine[] {
    return this.ledger.files.skipped();
  }

  dump(): Dump {
    return dumpOf(this.path);
  }

  all<Row>(sql: string): Row[] {
    using database = new Database(this.path, { readonly: true });
    return database.query<Row, []>(sql).all();
  }
}

/** A harness with a home that one source has scanned. */
export async function scanned(source: Source, place: (harness: SourceHarness) => void): Promise<SourceHarness> {
  const harness = new SourceHarness([source]);
  place(harness);
  await harness.scan();
  return harness;
}
