import type { z } from "zod";
import type { joinRequest } from "../model/join.ts";
import type { Level } from "../model/wire.ts";
import { PawprintError } from "../utils/errors.ts";
import type { Hub } from "./Hub.ts";
import type { Identity } from "./identity.ts";
import type { Invitee } from "./services.ts";

type JoinBody = z.infer<typeof joinRequest>;

/** The id and the name that all CI jobs share: a member for each of them would multiply the sums of days. */
const CI = "ci";
/** Milliseconds for which the token of a CI job is valid: each job gets one of its own. */
const CI_TOKEN_MS = 86_400_000;

/** Ids of members that do not join: CI jobs, programs that upload, hosts that are asked by ssh. */
const RESERVED = /^(?:ci$|upload:|ssh-)/;

/** What a machine receives when it joins: its token, and the hub's key for hashes. */
export interface Joined {
  readonly token: string;
  /** The id that the machine speaks as: that of the known machine if the invitation is for its name. */
  readonly machine: string;
  readonly name: string;
  readonly key: string;
  readonly level: Level;
  /** By which the machine reads the reports of all machines; absent if it may not. */
  readonly readToken?: string;
}

/**
 * Makes a machine a member: by an invitation, or by a token that may write (`by`). If the name of an invitation belongs to a
 * known machine, the new one goes on as that: a ledger that was made anew. Throws what TokenStore.redeem and Members.add throw, and
 * machine_known if a token without the scope admin asks for a machine that is known; the invitation is then still valid.
 */
export function join(hub: Hub, request: JoinBody, by: Identity | null = null): Joined {
  const { code, born, platform, program, provenance = "machine" } = request;
  return hub.ledger.transaction(() => {
    if (code === undefined && by !== null && provenance === "ci") return joinCi(hub, request, by);
    if (RESERVED.test(request.machine))
      throw new PawprintError("bad_usage", `${request.machine} is no id of a machine`, "update pawprint there");
    const { id, name, person, mayRead } =
      code === undefined ? byToken(hub, request, by) : byInvitation(hub, code, request);
    const self: Identity = { token: "", name, scope: "machine", machine: null, person: "" };
    const member = hub.members.add({ machine: id, name, person, provenance: "machine", born }, self);
    hub.members.endTokens(id);
    hub.members.saw(id, { platform, program });
    const created = { person, machine: id, expires: null };
    const { token } = hub.tokens.create({ ...created, name, scope: "machine" }, self);
    const reader = mayRead ? hub.tokens.create({ ...created, name: `${name} (reads)`, scope: "read" }, self) : null;
    const joined = { token, machine: id, name, key: hub.key, level: member.level };
    return reader ? { ...joined, readToken: reader.token } : joined;
  });
}

interface JoiningMachine extends Invitee {
  readonly id: string;
}

function byInvitation(hub: Hub, code: string, { machine }: JoinBody): JoiningMachine {
  const invitee = hub.tokens.redeem(code);
  return { id: hub.members.find(invitee.name)?.machine ?? machine, ...invitee };
}

function byToken(hub: Hub, { machine, name }: JoinBody, by: Identity | null): JoiningMachine {
  if (by === null)
    throw new PawprintError("unauthorized", "no code and no token came with the request", "pawprint login URL#CODE");
  const known = hub.members.find(machine) ?? hub.members.find(name);
  // Else a token for writing would be one for the rows of every machine.
  if (known && by.scope !== "admin")
    throw new PawprintError(
      "machine_known",
      `the hub knows a machine "${known.name}"`,
      `pawprint invite ${known.name}`,
    );
  return { id: known?.machine ?? machine, name, person: by.person, mayRead: false };
}

/** A CI job is the machine "ci", with a token that ends soon; other jobs go on. */
function joinCi(hub: Hub, { born, platform, program }: JoinBody, by: Identity): Joined {
  const known = hub.members.find(CI);
  if (known && known.provenance !== CI)
    throw new PawprintError("machine_known", `"${CI}" is the name of a machine`, `pawprint rename ${CI} another-name`);
  const member = hub.members.add({ machine: CI, name: CI, person: "", provenance: CI, born }, by);
  hub.members.saw(CI, { platform, program });
  const expires = hub.now() + CI_TOKEN_MS;
  const { token } = hub.tokens.create({ name: CI, person: "", scope: "machine", machine: CI, expires }, by);
  return { token, machine: CI, name: CI, key: hub.key, level: member.level };
}
