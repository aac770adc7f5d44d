import type { Column } from "../../render/columns.ts";
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

/** The person of a machine of the hub; "" if nobody is named. */
export const personOf = (members: readonly ReportMember[] | undefined, id: string): string =>
  members?.find(({ machine }) => machine === id)?.person ?? "";
