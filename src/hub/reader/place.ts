import type { Ledger } from "../../ledger/sqlite/Ledger.ts";
import type { PriceTable } from "../../model/price.ts";
import type { ReportPlace } from "../../reports/shared/run.ts";
import { sources } from "../../sources/registry.ts";
import { membersIn } from "../StoredMembers.ts";

/** The files of assistants are on the machines, so a hub knows no folders. */
const assistants = sources.map(({ name, title, tested, gaps, responseUnit, resume }) => ({
  name,
  title,
  tested,
  gaps,
  responseUnit,
  resume,
  roots: [],
}));

/**
 * A hub's ledger as reports see it, at a time (epoch ms). It has no user: no home, names of models or plan, and no log, since
 * what machines logged is in the ledger.
 */
export const hubPlace = (ledger: Ledger, prices: PriceTable, now: number): ReportPlace => ({
  queries: ledger.queries,
  now,
  // Paths are those of many machines, so none is shortened; what is written as ~ stays so.
  home: "~",
  assistants,
  prices,
  members: membersIn(ledger, "ORDER BY name"),
  log: () => Promise.resolve([]),
  logDirectory: () => Promise.resolve("the log of each machine"),
});
