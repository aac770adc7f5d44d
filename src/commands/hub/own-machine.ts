import { outboxOf } from "../../ledger/sqlite/Outbox.ts";
import { hostname } from "node:os";
import { openLedgerFor } from "../../cli/report-command.ts";
import type { Hub } from "../../hub/Hub.ts";
import type { Identity } from "../../hub/identity.ts";
import { localLink } from "../../hub/local-link.ts";
import type { OpenLink } from "../../sync/link.ts";
import { hubIdOf } from "../../sync/login-file.ts";
import type { Context } from "../contract.ts";
import { type HubTarget, senderFor } from "../hub-target/target.ts";
import { follow } from "../hub-target/follow.ts";
import { scanAll } from "../hub-target/scan.ts";
import { OPERATOR } from "./open-hub.ts";

/**
 * Sends the usage of the machine that a hub runs on to that hub, in this process, until it is interrupted. The machine becomes a
 * member first; if it was revoked, nothing is sent. Throws what `follow` throws.
 */
export async function sendOwnUsage(context: Context, hub: Hub, signal: AbortSignal): Promise<void> {
  const own = ownTarget(context, hub);
  // Its lines are those of a command that this one is not.
  if (own) await follow({ ...context, print: () => {} }, own.target, signal, own.link);
}

/** Like sendOwnUsage, but once: until nothing is pending. Returns the number of rows. Throws what stopped it. */
export async function sendOwnUsageOnce(context: Context, hub: Hub): Promise<number> {
  const own = ownTarget(context, hub);
  if (own === null) return 0;
  using opened = openLedgerFor(context);
  await scanAll(context, opened);
  const sender = senderFor(context, opened.ledger, own.target);
  const runner = sender.runner(own.link);
  await runner.untilDone(context.settings.syncRetries);
  await runner.sayDone();
  sender.save();
  const { problem, acknowledged } = sender.client.status;
  sender.client.end();
  if (problem) throw problem;
  return acknowledged;
}

/** The hub as this machine's target, and the link to it; null if the machine was revoked. Makes it a member first. */
function ownTarget(context: Context, hub: Hub): { readonly target: HubTarget; readonly link: OpenLink } | null {
  const { machine, born } = identityOf(context);
  const member = hub.members.find(machine) ?? addOwn(context, hub, machine, born);
  if (member.revoked !== null) return null;
  const { name, person } = member;
  const identity: Identity = { token: "local", name, scope: "machine", machine, person };
  const address = { url: hub.url, token: null, pin: null };
  const target = { address, hub: hubIdOf(hub.key), key: hub.key, machine, name, isCi: false };
  return { target, link: localLink(hub, identity) };
}

function identityOf(context: Context): { machine: string; born: number } {
  using opened = openLedgerFor(context);
  const { id, born } = outboxOf(opened.ledger).machine;
  // A ledger from before births were stored is taken for the youngest.
  return { machine: id, born: Math.min(born, Number.MAX_SAFE_INTEGER) };
}

function addOwn({ settings }: Context, hub: Hub, machine: string, born: number) {
  const name = settings.machine ?? hostname();
  const shown = hub.members.find(name) === null ? name : `${name} (hub)`;
  return hub.members.add({ machine, name: shown, person: "", provenance: "machine", born }, OPERATOR);
}
