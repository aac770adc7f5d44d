import { lowerBody } from "../../../src/model/privacy.ts";
import { outboxOf } from "../../../src/ledger/sqlite/Outbox.ts";
import { decodeBody, kindOf } from "../../../src/model/body.ts";
import { dayOf } from "../../../src/ledger/fold/times.ts";
import { factTables } from "../../../src/ledger/tables/facts.ts";
import { digestOf } from "../../../src/ledger/fold/prepare.ts";
import type { SharedLedger } from "../../../src/ledger/sqlite/SharedLedger.ts";
import { dumpIn, wrongSumsIn } from "../../ledger/dump.ts";
import type { SimulatedMachine } from "./machine.ts";

/** A session whose rows a machine had removed at the hub. */
export interface Forgotten {
  readonly machine: string;
  readonly session: string;
}

/** What there is when everything has arrived. */
export interface EndOfHistory {
  readonly hub: SharedLedger;
  readonly machines: readonly SimulatedMachine[];
  readonly forgotten: readonly Forgotten[];
}

/** Everything that is wrong at the end of a history; empty if the promises hold. */
export const problemsOf = (end: EndOfHistory): string[] => [
  ...undelivered(end),
  ...missing(end),
  ...doubled(end),
  ...withDetails(end),
  ...wrongFacts(end),
];

function undelivered({ machines }: EndOfHistory): string[] {
  return machines.flatMap(({ client, host }) =>
    client?.isDone === true
      ? []
      : `${host} is not done: ${client?.status.state} ${client?.status.problem?.message ?? ""}`,
  );
}

/** The rows that a machine's ledger has must be at the hub, in the form in which they leave; others must not be there. */
function missing(end: EndOfHistory): string[] {
  const { hub, machines, forgotten } = end;
  const { database } = hub;
  const problems: string[] = [];
  for (const [member, computers] of Map.groupBy(machines, ({ id }) => id)) {
    const stored = new Set(
      database
        .query<{ key: string; digest: number }, [string]>("SELECT key, digest FROM journal WHERE machine = ?")
        .all(member)
        .map(({ key, digest }) => `${key} ${digest}`),
    );
    const expected = new Set<string>();
    // What left before the user stopped it stays at the hub until it is forgotten.
    const kept = new Set<string>();
    for (const { ledger, rows, level } of computers) {
      // Computers with one login that send different forms: the last one to send a key decides, so either is right.
      for (const row of outboxOf(ledger).after(0, { rows: 1_000_000, characters: Infinity }).rows) {
        const leaving = rows?.outgoing(row) ?? [];
        if (leaving.length === 0) kept.add(row.key);
        for (const {
          row: [key, body],
        } of leaving) {
          if (isForgotten(forgotten, member, body)) continue;
          expected.add(`${key} ${digestOf(body)}`);
          if (!stored.has(`${key} ${digestOf(body)}`) && !isMixed(computers) && !isPruned(hub, forgotten, key, body))
            problems.push(`${member} (${level}): missing ${key} ${body}`);
        }
      }
    }
    if (!isMixed(computers))
      for (const row of stored)
        if (!expected.has(row) && !kept.has(row.split(" ")[0] ?? "")) problems.push(`${member}: not expected ${row}`);
  }
  return problems;
}

/**
 * Whether the rows of a key were removed by their age. Its fact stays; but it is then that of one machine, and goes when that one
 * forgets it, or sends no details any more, although another one observed it too.
 */
function isPruned(
  { database, horizon }: SharedLedger,
  forgotten: readonly Forgotten[],
  key: string,
  body: string,
): boolean {
  const kind = kindOf(key);
  if (horizon === null || kind === null || dayOf(decodeBody(kind, body)) >= horizon) return false;
  if (forgotten.some(({ session }) => body.includes(session)) || lowerBody(key, body, String) === null) return true;
  return database.query(`SELECT 1 FROM ${factTables[kind].name} WHERE key = ?`).get(key) !== null;
}

/** Whether computers with one login send their rows in different forms: by their levels, and by what files said or once said. */
const isMixed = (computers: readonly SimulatedMachine[]): boolean =>
  new Set(computers.map(({ rows }) => rows?.policy)).size > 1;

function isForgotten(forgotten: readonly Forgotten[], machine: string, body: string): boolean {
  return forgotten.some((one) => one.machine === machine && body.includes(one.session));
}

/** Of machines that send none any more, the hub has no details, whatever they sent before. */
function withDetails({ hub, machines }: EndOfHistory): string[] {
  const members = Map.groupBy(machines, ({ id }) => id);
  return hub.database
    .query<{ machine: string; key: string; body: string }, []>("SELECT machine, key, body FROM journal WHERE level = 1")
    .all()
    .filter(({ machine }) => members.get(machine)?.every(({ level }) => level === "metrics"))
    .map(({ machine, key, body }) => `${machine}: details of ${key} ${body}`);
}

function doubled({ hub }: EndOfHistory): string[] {
  return hub.database
    .query<{ key: string; levels: number }, []>(
      "SELECT key, COUNT(DISTINCT level) AS levels FROM journal GROUP BY key, machine HAVING levels > 1",
    )
    .all()
    .map(({ key }) => `${key} is stored at two levels`);
}

/** Facts and sums must be those that follow from all rows at once. */
function wrongFacts({ hub }: EndOfHistory): string[] {
  const before = dumpIn(hub.database);
  const sums = wrongSumsIn(hub.database).map((one) => `wrong sum ${JSON.stringify(one)}`);
  hub.rebuild();
  const after = dumpIn(hub.database);
  const differing = before.facts.filter((fact) => !after.facts.includes(fact)).map((fact) => `wrong fact ${fact}`);
  const lost = after.facts.filter((fact) => !before.facts.includes(fact)).map((fact) => `missing fact ${fact}`);
  return [...sums, ...differing, ...lost];
}
