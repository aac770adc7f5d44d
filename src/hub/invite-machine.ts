import { hubUrlOf, isLoopback } from "../sync/hub-url.ts";
import { formatInvitation } from "../sync/invitation.ts";
import { PawprintError } from "../utils/errors.ts";
import type { Identity } from "./identity.ts";
import type { HubServices, Invitee } from "./services.ts";
import { addressIn } from "./store.ts";

/** An invitation, as people pass it on. */
export interface MachineInvitation {
  readonly url: string;
  /** The code, with the hash of the hub's public key where its certificate is self-made. */
  readonly code: string;
  readonly command: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/**
 * Makes an invitation for one machine, or one to go on as a known machine of that name. `isLocal` allows one that only this machine can
 * use. Throws not_found if the hub was never started, and bad_usage if other machines cannot reach it.
 */
export function inviteMachine(
  { ledger, members, tokens }: Pick<HubServices, "ledger" | "members" | "tokens">,
  { name, person, mayRead, isLocal }: Invitee & { readonly isLocal: boolean },
  by: Identity,
): MachineInvitation {
  const address = addressIn(ledger);
  if (address === null)
    throw new PawprintError("not_found", "the hub was never started, so it has no address", "run: pawprint serve");
  const { url, pin } = address;
  if (isLoopback(new URL(url).hostname) && !isLocal) {
    const hint =
      "start it for the network (pawprint serve --host 0.0.0.0, or --url with its address), or give --local for another user of this machine";
    throw new PawprintError("bad_usage", `other machines cannot reach the hub at ${url}`, hint);
  }
  // Throws what the machine's login would.
  hubUrlOf(url);
  const { code, expiresAt } = tokens.invite(
    { name, person: person || (members.find(name)?.person ?? ""), mayRead },
    by,
  );
  const invitation = formatInvitation({ url, code, pin });
  return { url, code: invitation.slice(url.length + 1), command: `pawprint login ${invitation}`, expiresAt };
}
