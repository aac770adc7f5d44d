import { printable } from "../../install/diff.ts";
import { type HookChange, setUpHook, takeOutHook } from "../../install/hooks.ts";
import type { Source } from "../../sources/contract.ts";
import { hookFile } from "../../utils/paths.ts";
import { PawprintError } from "../../utils/errors.ts";
import type { SetupItem, SetupRequest } from "./contract.ts";

/** The hook of an assistant as a thing to set up; none for an assistant without one. */
export function hookItem({ name, title, hook }: Source): SetupItem[] {
  if (!hook) return [];
  return [
    {
      name,
      description: `a hook that records the tokens of each turn, which ${title} does not save`,
      async setUp(context, how) {
        const { places, env } = context;
        if (how.print) {
          throw new PawprintError("bad_usage", `${name} has nothing to print`, "to see the change: --dry-run");
        }
        const wanted = { assistant: name, path: hook.settings(env, places.home), event: hook.event };
        const done = await (how.remove ? takeOutHook : setUpHook)(context, wanted, how.dryRun);
        const recorded = how.remove ? [] : [`  recorded in ${hookFile(places, name)}`];
        return { lines: [...summaryLines(done, title, how), ...recorded], json: { assistant: name, ...done } };
      },
    },
  ];
}

function summaryLines(
  { path, command, changed, backup, diff }: HookChange,
  title: string,
  { dryRun, remove }: SetupRequest,
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
