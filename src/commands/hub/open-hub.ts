import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { version } from "../../../package.json";
import { Hub } from "../../hub/Hub.ts";
import type { Identity } from "../../hub/identity.ts";
import { systemZone } from "../../model/calendar.ts";
import { PawprintError } from "../../utils/errors.ts";
import { zoneFiles } from "../../utils/files.ts";
import { tryLock } from "../../utils/lock.ts";
import { hubPath, serveLock } from "../../utils/paths.ts";
import type { Context } from "../contract.ts";

/** Who has the hub's file may do everything. */
export const OPERATOR: Identity = { token: "local", name: "this machine", scope: "admin", machine: null, person: "" };

/** Makes a hub of this machine's hub.db, which is created if it does not exist. */
export const makeHub = (
  { env, settings, places, clock }: Pick<Context, "env" | "settings" | "places" | "clock">,
  failed?: (error: unknown) => void,
): Hub =>
  new Hub({
    path: hubPath(settings, places),
    host: () => settings.machine ?? hostname(),
    clock,
    program: version,
    url: "",
    timezone: () => systemZone(env, zoneFiles).zone,
    ...(failed && { failed }),
  });

/** Opens this machine's hub, whether it is running or not. Throws not_found if there is none. */
export function openHub(context: Pick<Context, "env" | "settings" | "places" | "clock">): Hub {
  const path = hubPath(context.settings, context.places);
  if (existsSync(path)) return makeHub(context);
  throw new PawprintError(
    "not_found",
    `this machine has no hub: ${path} does not exist`,
    "run pawprint serve here, or run this command on the machine of the hub",
  );
}

/** Whether a process serves this machine's hub now. */
export function isServed({ settings, places }: Pick<Context, "settings" | "places">): boolean {
  const path = serveLock(hubPath(settings, places));
  const lock = existsSync(path) ? tryLock(path) : undefined;
  lock?.release();
  return lock === null;
}

/** The only argument of a command. Throws bad_usage if there is none, or more. */
export function nameArgument(args: readonly string[], usage: string): string {
  const [name, ...more] = args;
  if (name !== undefined && name.trim() !== "" && more.length === 0) return checkName(name);
  throw new PawprintError("bad_usage", "give one name", `usage: pawprint ${usage}`);
}

/** A name as people may give it: text without control characters, which the path of an address can have. Throws bad_usage. */
export function checkName(name: string): string {
  const trimmed = name.trim();
  if (/^\.{1,2}$/.test(trimmed))
    throw new PawprintError("bad_usage", `no address can have the name ${trimmed}`, "choose another name");
  if (name.length <= 100 && !/[\p{Cc}\p{Cf}\n]/u.test(name)) return trimmed;
  throw new PawprintError("bad_usage", "a name has at most 100 characters and none that cannot be seen", "shorten it");
}
