import type { HubServices } from "../services.ts";

/** Tables with rows of sessions, and the columns of the session in them. */
const SESSION_TABLES = { upload_message: "session", upload_session: "id" } as const;
const TABLES = ["upload_message", "upload_session", "upload_file", "upload_block"] as const;

/** What is to be forgotten; `machine` null: of all machines. */
export interface ForgottenUploads {
  readonly kind: "session" | "project" | "machine" | "person";
  readonly value: string;
  readonly machine: string | null;
}

/** Removes what programs uploaded about a session, a project, a machine or a person; returns the number of rows. */
export function forgetUploads({ ledger, members }: HubServices, { kind, value, machine }: ForgottenUploads): number {
  return ledger.transaction((database) => {
    const remove = (table: string, condition: string, ...values: string[]): number =>
      database.query<unknown, string[]>(`DELETE FROM ${table} WHERE ${condition}`).run(...values).changes;
    const owner = machine === null ? "" : " AND machine = ?";
    const values = machine === null ? [] : [machine];
    if (kind === "session" || kind === "project") {
      const sessions = kind === "session" ? [value] : sessionsOf(value);
      return sessions.reduce(
        (sum, session) =>
          sum +
          Object.entries(SESSION_TABLES).reduce(
            (rows, [table, column]) => rows + remove(table, `${column} = ?${owner}`, session, ...values),
            0,
          ),
        0,
      );
    }
    const ids = kind === "machine" ? [members.find(value)?.machine ?? value] : machinesOf(value);
    return ids.reduce((sum, id) => sum + TABLES.reduce((rows, table) => rows + remove(table, "machine = ?", id), 0), 0);
  });

  function sessionsOf(project: string): string[] {
    return ledger.database
      .query<{ id: string }, [string, string]>(
        "SELECT id FROM upload_session WHERE project = ? OR project LIKE ? || '/%'",
      )
      .all(project, project)
      .map(({ id }) => id);
  }
  function machinesOf(person: string): string[] {
    return members.all().flatMap((one) => (one.person === person ? one.machine : []));
  }
}
