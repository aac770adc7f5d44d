import { printable } from "../install/diff.ts";
import { type HookDone, setUpHook, takeOutHook } from "../install/hooks.ts";
import { sources } from "../sources/registry.ts";
import type { Hook, Source } from "../sources/contract.ts";
import { PawprintError } from "../utils/errors.ts";
import { hookLines } from "../utils/paths.ts";
import { clean, jsonText } from "../utils/terminal.ts";
import type { Command } from "./contract.ts";

/** Lets an assistant tell what it writes down nowhere. */
export const setup: Command = {
  name: "setup",
  description: "keep what an assistant tells its hooks only: cursor (tokens of each turn, from now on)",
  words: "<assistant>",
  options: [
    { name: "remove", description: "take the hook out again; what was kept stays" },
    { name: "dry-run", description: "show what would change and change nothing" },
    { name: "json", description: "print the result as JSON" },
  ],
  async run(context) {
    const { options, words, places, env, print } = context;
    const { name, title, hook } = hookOf(words);
    const wanted = { assistant: name, path: hook.settings(env, places.home), event: hook.event };
    const dryRun = options["dry-run"] === true;
    const remove = options["remove"] === true;
    const done = await (remove ? takeOutHook : setUpHook)(context, wanted, dryRun);
    if (options["json"] === true) print(jsonText({ dry_run: dryRun, assistant: name, ...done }));
    else for (const line of told(done, title, dryRun, remove)) print(line);
    if (options["json"] !== true && !remove) print(`  what is kept: ${hookLines(places, name)}`);
    return 0;
  },
};

/** The assistant that the words name, which has a hook. Throws bad_usage. */
function hookOf(words: readonly string[]): Source & { readonly hook: Hook } {
  const known = sources.flatMap((source) => (source.hook ? [{ ...source, hook: source.hook }] : []));
  const found = words.length === 1 ? known.find(({ name }) => name === words[0]) : undefined;
  if (found) return found;
  const said =
    words.length === 0 ? "setup needs an assistant" : `there is nothing to set up for "${clean(words.join(" "))}"`;
  throw new PawprintError("bad_usage", said, `one of: ${known.map(({ name }) => name).join(", ")}`);
}

function told(
  { path, command, changed, backup, diff }: HookDone,
  title: string,
  dryRun: boolean,
  remove: boolean,
): string[] {
  if (!changed) return [`${path} ${remove ? "holds no hook of ours" : "has the hook already"}: nothing changed`];
  if (dryRun) return printable(diff);
  return [
    remove ? `took the hook out of ${path}` : `${title} runs at the end of each turn: ${command}`,
    ...(remove ? [] : [`  set up in ${path}`]),
    ...(backup ? [`  what was there before: ${backup}`] : []),
  ];
}
