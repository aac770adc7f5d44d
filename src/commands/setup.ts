import { printable } from "../install/diff.ts";
import { type HookChange, setUpHook, takeOutHook } from "../install/hooks.ts";
import { sources } from "../sources/registry.ts";
import type { Hook, Source } from "../sources/contract.ts";
import { PawprintError } from "../utils/errors.ts";
import { hookFile } from "../utils/paths.ts";
import { clean, jsonText } from "../utils/terminal.ts";
import type { Command } from "./contract.ts";

/** Installs a hook in an assistant that reports usage it does not write to its files. */
export const setup: Command = {
  name: "setup",
  description:
    "install a hook that records usage that an assistant does not save; for cursor: the tokens of each turn, from now on",
  args: "<assistant>",
  options: [
    { name: "remove", description: "remove the hook; data already recorded stays" },
    { name: "dry-run", description: "show what would change, without changing anything" },
    { name: "json", description: "print the result as JSON" },
  ],
  async run(context) {
    const { options, args, places, env, print } = context;
    const { name, title, hook } = hookOf(args);
    const wanted = { assistant: name, path: hook.settings(env, places.home), event: hook.event };
    const dryRun = options["dry-run"] === true;
    const remove = options["remove"] === true;
    const done = await (remove ? takeOutHook : setUpHook)(context, wanted, dryRun);
    if (options["json"] === true) print(jsonText({ dry_run: dryRun, assistant: name, ...done }));
    else for (const line of summaryLines(done, title, dryRun, remove)) print(line);
    if (options["json"] !== true && !remove) print(`  recorded in ${hookFile(places, name)}`);
    return 0;
  },
};

/** Returns the assistant with a hook that the only argument names. Throws bad_usage. */
function hookOf(args: readonly string[]): Source & { readonly hook: Hook } {
  const known = sources.flatMap((source) => (source.hook ? [{ ...source, hook: source.hook }] : []));
  const found = args.length === 1 ? known.find(({ name }) => name === args[0]) : undefined;
  if (found) return found;
  const message =
    args.length === 0 ? "setup needs an assistant" : `there is nothing to set up for "${clean(args.join(" "))}"`;
  throw new PawprintError("bad_usage", message, `one of: ${known.map(({ name }) => name).join(", ")}`);
}

function summaryLines(
  { path, command, changed, backup, diff }: HookChange,
  title: string,
  dryRun: boolean,
  remove: boolean,
): string[] {
  if (!changed)
    return [`${path} ${remove ? "does not contain Pawprint's hook" : "already contains the hook"}; nothing changed`];
  if (dryRun) return printable(diff);
  return [
    remove ? `removed the hook from ${path}` : `${title} now runs at the end of each turn: ${command}`,
    ...(remove ? [] : [`  set up in ${path}`]),
    ...(backup ? [`  backup of the previous file: ${backup}`] : []),
  ];
}
