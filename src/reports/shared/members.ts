import type { Column } from "../../render/columns.ts";
import { count } from "../../render/format.ts";
import type { ReportMember } from "./report.ts";

/**
 * The column that names the machine of each row; hidden where the ledger is that of one machine. `idOf` returns the id of a row's
 * machine.
 */
export const machineColumn = <Row>(
  members: readonly ReportMember[] | undefined,
  priority: number,
  idOf: (row: Row) => string,
): Column<Row> => ({
  name: "Machine",
  kind: "text",
  priority,
  shorten: true,
  isHidden: !areSeveral(members),
  value: (row) => machineName(members, idOf(row)),
});

/** The field of a row in JSON that names its machine; none where the ledger is that of one machine. */
export const machineField = (
  members: readonly ReportMember[] | undefined,
  id: string,
): { readonly machine?: string } => (areSeveral(members) ? { machine: machineName(members, id) } : {});

/** Whether rows may be those of several machines. */
export const areSeveral = (members: readonly ReportMember[] | undefined): boolean => (members?.length ?? 0) > 1;

/** The name of a machine of the hub; its id where it is not known. */
export const machineName = (members: readonly ReportMember[] | undefined, id: string): string =>
  members?.find(({ machine }) => machine === id)?.name ?? id;

/** A machine counts as online for this long after it was last seen, milliseconds: it reports itself once a minute. */
const ONLINE_MS = 150_000;

/** Whether a machine is connected, as far as the time says (epoch ms). */
export const isOnline = ({ seen, revoked }: Pick<ReportMember, "seen" | "revoked">, now: number): boolean =>
  revoked === null && seen !== null && now - seen < ONLINE_MS;

/** Observations of all assistants that a machine still has to send, as it last said. */
export const pendingOf = ({ pending }: Pick<ReportMember, "pending">): number =>
  Object.values(pending).reduce((sum, rows) => sum + rows, 0);

/** The first of some texts, and how many more there are. */
export function listOf(texts: readonly string[], most: number): string {
  const more = texts.length - most;
  return texts.slice(0, most).join(", ") + (more > 0 ? ` and ${count(more)} more` : "");
}

/** The person of a machine of the hub; "" if nobody is named. */
export const personOf = (members: readonly ReportMember[] | undefined, id: string): string =>
  members?.find(({ machine }) => machine === id)?.person ?? "";
