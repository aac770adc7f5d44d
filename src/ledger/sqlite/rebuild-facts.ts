import type { Database } from "bun:sqlite";
import { OriginsBuilder, type SessionOrigin } from "../fold/origins.ts";
import { rowsOf } from "../fold/prepare.ts";
import { factTables } from "../tables/facts.ts";
import { derivedTables } from "../tables/schema.ts";
import { metaOf, setMeta } from "./identity.ts";
import type { Writers } from "./batch.ts";
import type { Journal, KeyHistory } from "./Journal.ts";
import type { Origins } from "./Origins.ts";
import { horizonOf } from "./retention.ts";

/** Makes all facts and sums anew from the journal; facts whose observations were pruned stay. Call only within a transaction. */
export function rebuildFacts(database: Database, { journal, facts }: Writers, origins: Origins): void {
  facts.forget();
  const isPruned = horizonOf(database) !== null;
  if (isPruned) {
    for (const { name } of new Set(Object.values(factTables)))
      database.run(`DELETE FROM ${name} WHERE key IN (SELECT key FROM journal)`);
    facts.sumAgain();
  } else for (const { name } of derivedTables) database.run(`DELETE FROM ${name}`);
  // Set by a migration that needs a rebuild.
  database.run("DELETE FROM meta WHERE name = 'rebuild'");
  const builders = new SourceOrigins();
  for (const history of journal.all()) {
    facts.put(history.kind, rowsOf(history.kind, history.key, history.observations));
    builders.add(history);
  }
  // Where a session began may be in a row that was pruned.
  if (!isPruned) origins.forgetStarts();
  for (const [source, found] of builders.all) origins.add(source, found);
  if (isPruned) facts.dropUnusedDimensions();
}

/** Name in `meta` of the mark that sessions may have begun elsewhere than in the rows that the journal has. */
const CHANGED = "origins";

/** Marks that observations were replaced, so that `refreshOrigins` has something to do. Call only within a transaction. */
export const markOrigins = (database: Database): void => setMeta(database, CHANGED, "1");

/** Derives where sessions began from the journal again if that is marked. Call only within a transaction. */
export function refreshOrigins(database: Database, journal: Journal, origins: Origins): void {
  if (metaOf(database, CHANGED) === null) return;
  const builders = new SourceOrigins();
  for (const history of journal.all()) builders.add(history);
  for (const [source, found] of builders.all)
    origins.replaceStarts(
      source,
      found.map(({ session }) => session),
      found,
    );
  database.query<unknown, [string]>("DELETE FROM meta WHERE name = ?").run(CHANGED);
}

/** Collects the origins of the sessions of each assistant. */
class SourceOrigins {
  readonly #builders = new Map<string, OriginsBuilder>();

  add({ kind, observations }: KeyHistory): void {
    for (const { source, body, reader } of observations) {
      let builder = this.#builders.get(source);
      if (!builder) this.#builders.set(source, (builder = new OriginsBuilder()));
      builder.add(kind, body, "", reader);
    }
  }

  get all(): [source: string, origins: SessionOrigin[]][] {
    return Array.from(this.#builders, ([source, builder]) => [source, builder.all]);
  }
}
