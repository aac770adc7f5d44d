import { baseNameOf, normalDirectory } from "../model/project.ts";
import { askFrame } from "../sync/ask-frame.ts";
import { askHub, type HubAddress, trustOf } from "../sync/hub-address.ts";
import { hubUrlOf } from "../sync/hub-url.ts";
import { checkSettings } from "../install/machine.ts";
import { PawprintError } from "../utils/errors.ts";
import { fields, numberOf } from "../utils/json.ts";
import { count } from "../render/format.ts";
import { clean, jsonText } from "../utils/terminal.ts";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { hubPath } from "../utils/paths.ts";
import type { Command, Context } from "./contract.ts";
import { hubTarget, withoutHub } from "./hub-target/target.ts";

const kinds = ["session", "project", "machine", "person"] as const;
type ForgetKind = (typeof kinds)[number];

/** Removes rows at the hub. */
export const forget: Command = {
  name: "forget",
  purpose: "hub",
  description: "remove rows at the hub, and keep them out from then on; this machine's ledger stays as it is",
  options: [
    { name: "session", value: "id", description: "rows of this machine's session, by its whole id" },
    {
      name: "project",
      value: "directory",
      description: "rows of this machine's project: a directory with all below it, or a name",
    },
    {
      name: "machine",
      value: "name",
      description: "all rows of a machine; of another one than this with an admin key",
    },
    { name: "person", value: "name", description: "all rows of a person's machines; with an admin key" },
    { name: "json", description: "print JSON" },
  ],
  examples: [
    { args: "forget --project ~/work/secret", description: "what this machine sent about a project" },
    { args: "forget --machine old-laptop", description: "all that a machine sent; on the hub, or with an admin key" },
  ],
  related: ["logout", "status"],
  async run(context) {
    const { options, print } = context;
    const given = kinds.filter((kind) => options[kind] !== undefined);
    const [kind] = given;
    if (kind === undefined || given.length > 1)
      throw new PawprintError("bad_usage", "forget takes one of its options", "such as pawprint forget --project NAME");
    const value = String(options[kind]);
    const rows = await removeRows(context, kind, value);
    if (options["json"]) print(jsonText({ rows }));
    else {
      print(
        rows === 0 ? `The hub has no rows of the ${kind} ${clean(value)}.` : `${count(rows)} rows removed at the hub.`,
      );
      print("Rows of it are kept out from now on; the ledgers of machines stay as they are.");
    }
    return 0;
  },
};

async function removeRows(context: Context, kind: ForgetKind, value: string): Promise<number> {
  const { settings, places } = context;
  checkSettings(context, "hub");
  if (settings.hubUrl !== null && settings.hubToken !== null)
    return withKey({ url: hubUrlOf(settings.hubUrl), token: settings.hubToken, pin: null }, kind, value);
  const target = await hubTarget(context);
  const isOwnMachine = target !== null && [target.name, target.machine].includes(value);
  if (target !== null && (kind === "session" || kind === "project" || (kind === "machine" && isOwnMachine))) {
    const values = kind === "project" ? namesOf(value, context) : [kind === "machine" ? target.machine : value];
    let rows = 0;
    for (const one of values)
      rows += (await askFrame(target.address, { type: "forget", kind, value: one }, "forgotten")).rows;
    return rows;
  }
  if (existsSync(hubPath(settings, places))) {
    const { forgetAtStore } = await import("./hub/forget-at-store.ts");
    return forgetAtStore(context, kind, value);
  }
  if (target === null) return withoutHub();
  const hint =
    "run it on the hub, or set PET_HUB_URL and PET_HUB_TOKEN to a key of pawprint token create --scope admin";
  throw new PawprintError("forbidden", `the rows of another ${kind} are removed with an admin key`, hint);
}

/** A project as the hub may know it: a directory means a project of which only the name was sent too. */
function namesOf(value: string, { places }: Context): string[] {
  if (!/[\\/]|^(?:~|\.|\.\.)$/.test(value)) return [value];
  const directory = normalDirectory(resolve(value.replace(/^~(?=\/|$)/, () => places.home)));
  const name = baseNameOf(directory);
  return name === "~" ? [directory, name] : [directory];
}

/** Removes rows of any machine with a key of the scope admin. */
async function withKey(address: HubAddress, kind: ForgetKind, value: string): Promise<number> {
  const content = await askHub(address, "/api/v1/forget", await trustOf(address), JSON.stringify({ kind, value }));
  const rows = numberOf(fields(JSON.parse(Buffer.from(content).toString()))["rows"]);
  if (rows === null) throw new PawprintError("answer_unusable", `${clean(address.url)} is no hub`, "check the address");
  return rows;
}
