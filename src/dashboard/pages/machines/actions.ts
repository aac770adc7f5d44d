import { askAbout } from "../../client/about.ts";
import { ask } from "../../client/api.ts";
import { outdateReports, refreshReports } from "../../client/reports.ts";

/** What an admin is given to let a machine join. */
export interface ShownInvitation {
  readonly command: string;
  /** ISO 8601 UTC. */
  readonly expiresAt: string;
}

/** An entry of the hub's audit log. */
export interface AuditLine {
  readonly at: string;
  readonly actor: string;
  readonly what: string;
  readonly detail: string;
}

const pathOf = (machine: string): string => `/api/v1/machines/${encodeURIComponent(machine)}`;

/** Makes the line with which a machine joins. `local` allows one that only the hub's own machine can use. Throws ApiError. */
export const invite = (whom: {
  readonly name: string;
  readonly person: string;
  readonly read: boolean;
  readonly local: boolean;
}): Promise<ShownInvitation> => ask("/api/v1/invitations", { method: "POST", body: whom });

/* A change of machines is no commit, so nothing else says that what is shown is old. */

/** Gives a machine another name. Reports of the old name are not asked again. Throws ApiError. */
export async function rename(machine: string, name: string): Promise<void> {
  await ask(pathOf(machine), { method: "PATCH", body: { name } });
  outdateReports();
  await askAbout();
}

/** Ends the access of a machine. Throws ApiError. */
export async function revoke(machine: string): Promise<void> {
  await ask(pathOf(machine), { method: "DELETE" });
  refreshReports();
}

/** The newest entries of the audit log. Throws ApiError. */
export const auditLog = async (limit: number): Promise<readonly AuditLine[]> =>
  (await ask<{ entries: readonly AuditLine[] }>(`/api/v1/audit?limit=${limit}`)).entries;
