import { outboxOf } from "../ledger/sqlite/Outbox.ts";
import { hostname } from "node:os";
import { version } from "../../package.json";
import { checkSettings } from "../install/machine.ts";
import { openLedgerFor } from "../cli/report-command.ts";
import { trustOf } from "../sync/hub-address.ts";
import { hubUrlOf } from "../sync/hub-url.ts";
import { type Invitation, parseInvitation } from "../sync/invitation.ts";
import { wrapWords } from "../reports/shared/truncate.ts";
import { type JoinAnswer, joinHub, type JoinRequest } from "../sync/join.ts";
import { readLogin, writeLogin } from "../sync/login-file.ts";
import { PawprintError } from "../utils/errors.ts";
import { ensureOwnDirectory } from "../utils/ownership.ts";
import { clean, isTerminal, jsonText } from "../utils/terminal.ts";
import { platformText } from "./hub-target/target.ts";
import type { Command, Context } from "./contract.ts";

/** More characters than any key has. */
const MAX_LENGTH = 1_000;
const KEY = /^paw[a-z]_[\w-]{20,200}$/;

/** Joins a hub. */
export const login: Command = {
  name: "login",
  purpose: "hub",
  description: "join a hub, to which this machine then sends its usage: pawprint sync",
  args: "URL#CODE | URL [KEY]",
  options: [
    { name: "new", description: "join as a new machine: for a copy of a ledger that the hub knows" },
    { name: "json", description: "print JSON" },
  ],
  examples: [
    { args: "login https://hub.example#2Qe7mXc9RbT0aWv4kLzJpA", description: "join with the line of pawprint invite" },
    {
      args: "login https://hub.example",
      description: "join with a key: asked for, read from stdin, or PET_HUB_TOKEN",
    },
  ],
  related: ["sync", "logout", "status"],
  async run(context) {
    checkSettings(context, "hub");
    const { args, options, places, print } = context;
    const { invitation, key } = await readArguments(args, context);
    const known = readLogin(places);
    if (known && known.url !== invitation.url)
      throw new PawprintError("bad_usage", `this machine sends to ${known.url}`, "leave it first: pawprint logout");
    await ensureOwnDirectory(places.pets, "shared");
    const { url, pin } = invitation;
    const address = { url, pin, token: key };
    const trust = await trustOf(address);
    const answer = await joinHub(address, trust, requestOf(context, invitation)).catch(explainKnown);
    const { machine, name, token, readToken = null, key: hashKey } = answer;
    const certificate = trust.tls?.ca ?? null;
    writeLogin(places, { version: 1, url, machine, name, token, readToken, key: hashKey, certificate, pin });
    if (options["json"]) print(jsonText({ hub: url, machine, name }));
    else for (const line of joinedLines(context, url, answer)) print(line);
    return 0;
  },
};

interface LoginArguments {
  readonly invitation: Invitation;
  /** A token of the scope write; null with a code. */
  readonly key: string | null;
}

async function readArguments(args: readonly string[], context: Context): Promise<LoginArguments> {
  const [first = "", second, ...more] = args;
  if (first === "" || more.length > 0)
    throw new PawprintError("bad_usage", "login takes the address of a hub", "pawprint login https://hub.example#CODE");
  if (second !== undefined) {
    const [key, address] = KEY.test(second) ? [second, first] : [first, second];
    context.warn("pawprint: the key now stands in the history of your shell: pawprint login URL asks for it instead");
    return { invitation: { url: hubUrlOf(address), code: null, pin: null }, key: checkedKey(key) };
  }
  const invitation = parseInvitation(first);
  return { invitation, key: invitation.code === null ? checkedKey(await askForKey(context)) : null };
}

async function askForKey({ settings, ask }: Context): Promise<string> {
  if (settings.hubToken !== null) return settings.hubToken;
  if (ask && isTerminal(0)) return (await ask("Key (pawprint token create, on the hub): ")).trim();
  return (await lineOfStdin()).trim();
}

/** The first line on stdin, of bounded length. */
async function lineOfStdin(): Promise<string> {
  let text = "";
  for await (const part of Bun.stdin.stream()) {
    text += new TextDecoder().decode(part);
    if (text.includes("\n") || text.length > MAX_LENGTH) break;
  }
  return text.split("\n", 1)[0] ?? "";
}

function checkedKey(key: string): string {
  if (KEY.test(key)) return key;
  const hint = "make one on the hub: pawprint token create NAME --scope write; or an invitation: pawprint invite NAME";
  const problem = key === "" ? "no key was given, and no invitation (URL#CODE)" : "that is not a key of a hub";
  throw new PawprintError("bad_usage", problem, hint);
}

/** What this machine says about itself. A ledger is made if there is none, since the id is the ledger's. */
function requestOf(context: Context, { code }: Invitation): JoinRequest {
  using opened = openLedgerFor(context);
  const { id, born } = outboxOf(opened.ledger).machine;
  return {
    ...(code === null ? {} : { code }),
    machine: context.options["new"] ? Bun.randomUUIDv7() : id,
    name: (context.settings.machine ?? hostname()).slice(0, 200),
    born: Number.isFinite(born) ? born : context.clock.now(),
    platform: platformText(),
    program: version,
    provenance: "machine",
  };
}

function explainKnown(error: unknown): never {
  if (!(error instanceof PawprintError) || error.code !== "machine_known") throw error;
  const hint =
    "to go on as it, ask for an invitation of its name: pawprint invite NAME; as another machine: pawprint login URL#CODE --new";
  throw new PawprintError("machine_known", error.message, hint, error);
}

function joinedLines({ settings, terminal }: Context, url: string, { name, readToken }: JoinAnswer): string[] {
  const { syncLevel } = settings;
  const what =
    syncLevel === "metrics"
      ? "counts, models, times, names of tools; of paths only the name of the project"
      : "everything in the ledger, with paths, branches, files and git operations";
  return [
    `This machine is "${clean(name)}" at ${clean(url)}.`,
    ...wrapWords(
      readToken === undefined
        ? "It may send and forget its own rows, and read nothing there; pawprint invite NAME --read, on the hub, lets it read."
        : "It may send and forget its own rows, and read the reports of all machines: pawprint daily --hub.",
      terminal.columns,
    ),
    ...wrapWords(
      `It sends ${syncLevel}: ${what} (PET_SYNC_LEVEL). No prompts, answers or contents of files.`,
      terminal.columns,
    ),
    "",
    "  pawprint sync --dry-run         print what would be sent",
    "  pawprint sync                   send what is new, once",
    "  pawprint service install sync   send what is new from now on",
  ];
}
