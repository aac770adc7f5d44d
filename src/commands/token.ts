import type { Scope } from "../hub/identity.ts";
import type { TokenEntry } from "../hub/services.ts";
import type { Column } from "../render/columns.ts";
import { PawprintError } from "../utils/errors.ts";
import { unknownName } from "../utils/registry.ts";
import { clean, jsonText } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";
import { checkName, nameArgument, openHub, OPERATOR } from "./hub/open-hub.ts";
import { printTable } from "./hub/print-table.ts";

const DAY_MS = 86_400_000;
const SCOPES = ["read", "write", "admin"] as const;
const ACTIONS = ["create", "list", "revoke"];

/** Makes, lists and revokes tokens of people and programs. */
export const token: Command = {
  name: "token",
  purpose: "hub",
  args: "create <name>|list|revoke <name>",
  argValues: [ACTIONS],
  description:
    "make, list or revoke tokens of this hub; they are for people and programs, machines get theirs by an invitation",
  options: [
    {
      name: "scope",
      value: "scope",
      values: SCOPES,
      description: "what it allows: read (default), write (upload), or admin (everything)",
    },
    {
      name: "expires",
      value: "days",
      description: "how long it is valid, such as 90d; without it, until it is revoked",
    },
    { name: "json", description: "print JSON" },
  ],
  examples: [
    { args: "token create grafana --scope read --expires 90d", description: "make a token for a program that reads" },
    { args: "token list", description: "all tokens: what they allow and when they were last used" },
    { args: "token revoke grafana", description: "end a token at once" },
  ],
  related: ["serve", "login", "invite"],
  async run(context) {
    const [action = "", ...rest] = context.args;
    if (action === "create") return create(context, rest);
    if (action === "list" && rest.length === 0) return list(context);
    if (action === "revoke") {
      const name = nameArgument(rest, "token revoke NAME");
      using hub = openHub(context);
      hub.tokens.revoke(name, OPERATOR);
      context.print(`the token ${clean(name)} is not valid any more`);
      return 0;
    }
    if (action === "") throw new PawprintError("bad_usage", "token takes an action", `one of: ${ACTIONS.join(", ")}`);
    if (action === "list")
      throw new PawprintError("bad_usage", "token list takes no name", "see: pawprint token --help");
    throw unknownName("action of token", action, ACTIONS);
  },
};

function create(context: Context, args: readonly string[]): number {
  const { clock, options, print, warn } = context;
  const name = nameArgument(args, "token create NAME [--scope read|write|admin] [--expires 90d]");
  const scope = scopeOf(options["scope"]);
  const days = daysOf(options["expires"]);
  const expires = days === null ? null : clock.now() + days * DAY_MS;
  using hub = openHub(context);
  if (hub.tokens.all().some((one) => one.name === name && one.revoked === null)) {
    const hint = `choose another name, or revoke that one first: pawprint token revoke ${name}`;
    throw new PawprintError("bad_usage", `there is a token ${clean(name)} already`, hint);
  }
  const made = hub.tokens.create({ name: checkName(name), scope, machine: null, person: "", expires }, OPERATOR);
  const expiresAt = expires === null ? null : new Date(expires).toISOString();
  if (options["json"] === true) print(jsonText({ ...made, name, scope, expiresAt }));
  else {
    print(made.token);
    warn("keep it now: the hub has only its hash and cannot show it again");
  }
  return 0;
}

function scopeOf(given: string | true | undefined): Scope {
  const scope = given === undefined ? "read" : SCOPES.find((one) => one === given);
  if (scope) return scope;
  throw unknownName("scope", String(given), SCOPES);
}

function daysOf(given: string | true | undefined): number | null {
  if (given === undefined) return null;
  const [, days] = /^(\d{1,5})d?$/.exec(String(given)) ?? [];
  if (Number(days) > 0) return Number(days);
  throw new PawprintError("bad_usage", `invalid value for --expires: "${clean(String(given))}"`, "days, such as 90d");
}

const columns: readonly Column<TokenEntry>[] = [
  { name: "Name", kind: "text", priority: 9, shorten: true, value: ({ name }) => clean(name) },
  { name: "Allows", kind: "text", priority: 8, value: ({ scope }) => scope },
  { name: "Id", kind: "text", priority: 3, value: ({ id }) => id },
  { name: "Made", kind: "time", priority: 2, value: ({ created }) => created },
  { name: "Last used", kind: "time", priority: 6, value: ({ used }) => used },
  { name: "Expires", kind: "time", priority: 5, value: ({ expires }) => expires },
  { name: "Revoked", kind: "time", priority: 4, value: ({ revoked }) => revoked },
];

function list(context: Context): number {
  using hub = openHub(context);
  const rows = hub.tokens.all();
  if (context.options["json"] === true) context.print(jsonText({ tokens: rows }, 2));
  else printTable(context, { columns, rows, empty: "no tokens; pawprint token create makes one" });
  return 0;
}
