import { version } from "../../../package.json";
import type { Ledger } from "../../ledger/sqlite/Ledger.ts";
import { checkSettings } from "../../install/machine.ts";
import type { HubAddress } from "../../sync/hub-address.ts";
import { hubUrlOf } from "../../sync/hub-url.ts";
import { joinHub } from "../../sync/join.ts";
import { hubIdOf, readLogin } from "../../sync/login-file.ts";
import { HubSender } from "../../sync/HubSender.ts";
import { PawprintError } from "../../utils/errors.ts";
import type { Context } from "../contract.ts";

/** The hub that this machine sends to, and as whom. */
export interface HubTarget {
  readonly address: HubAddress;
  /** Id of the hub in the ledger and in sync.json. */
  readonly hub: string;
  readonly key: string;
  readonly machine: string;
  readonly name: string;
  /** Whether this is a CI job or a container, which the environment names a hub for. */
  readonly isCi: boolean;
}

/** The name under which all CI jobs are one machine. */
const CI = "ci";

/**
 * The hub of the environment (PET_HUB_URL and PET_HUB_TOKEN), which is joined as the machine "ci", else that of the login; null
 * if there is none. Throws bad_setting, and what joinHub and readLogin throw.
 */
export async function hubTarget(context: Context): Promise<HubTarget | null> {
  checkSettings(context, "hub");
  const { settings, places, clock } = context;
  if (settings.hubUrl !== null && settings.hubToken !== null) {
    const address = { url: hubUrlOf(settings.hubUrl), token: settings.hubToken, pin: null };
    const born = clock.now();
    const about = { platform: platformText(), program: version, provenance: "ci" } as const;
    const { token, machine, name, key } = await joinHub(address, {}, { machine: CI, name: CI, born, ...about });
    return { address: { ...address, token }, hub: hubIdOf(key), key, machine, name, isCi: true };
  }
  // Rows must not go to another hub than the one that is named.
  if (settings.hubUrl !== null)
    throw new PawprintError(
      "bad_setting",
      "PET_HUB_URL is set without PET_HUB_TOKEN",
      "set both (pawprint token create NAME --scope write makes a token), or unset PET_HUB_URL and use pawprint login",
    );
  const login = readLogin(places);
  if (login === null) return null;
  const { url, token, pin, key, machine, name } = login;
  return { address: { url, token, pin }, hub: hubIdOf(key), key, machine, name, isCi: false };
}

/** The hub that this machine sends to. Throws not_found if there is none, and what hubTarget throws. */
export const requiredTarget = async (context: Context): Promise<HubTarget> =>
  (await hubTarget(context)) ?? withoutHub();

/** Throws not_found: this machine sends to no hub. */
export function withoutHub(): never {
  const hint = "join one: pawprint login URL#CODE, with the line that pawprint invite prints on the hub";
  throw new PawprintError("not_found", "this machine sends to no hub", hint);
}

/** What sends this machine's rows to a hub. */
export function senderFor(context: Context, ledger: Ledger, { hub, key, machine, name, isCi }: HubTarget): HubSender {
  const { settings, places, clock } = context;
  // The ledger of a CI job may come from a cache that several jobs use.
  const epoch = isCi ? { epoch: crypto.randomUUID() } : {};
  const identity = { hub, key, machine, name, program: version, ...epoch };
  return new HubSender({ ledger, identity, settings, places, clock });
}

/** System and processor, such as "linux x64". */
export const platformText = (): string => `${process.platform} ${process.arch}`;
