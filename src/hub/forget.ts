import { PawprintError } from "../utils/errors.ts";
import { clean } from "../utils/terminal.ts";
import type { Identity } from "./identity.ts";
import type { HubServices, Members } from "./services.ts";
import { forgetUploads, type ForgottenUploads } from "./uploads/forget.ts";

/**
 * Removes rows, those of uploads too, and keeps them out from then on; returns their number. Throws not_found for a machine or a
 * person that the hub does not know: a misspelt name would look like success.
 */
export function forgetRows(hub: HubServices, what: ForgottenUploads, by: Identity): number {
  if (!isKnown(hub.members, what))
    throw new PawprintError(
      "not_found",
      `no ${what.kind} ${clean(what.value, 200)} is known`,
      "see: pawprint machines",
    );
  const uploaded = forgetUploads(hub, what);
  return uploaded + hub.ingest.forget(what, by);
}

function isKnown(members: Members, { kind, value }: ForgottenUploads): boolean {
  if (kind === "machine") return members.find(value) !== null;
  return kind !== "person" || members.all().some(({ person }) => person === value);
}
