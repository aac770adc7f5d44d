import type { Places } from "../utils/paths.ts";
import { managedFolder, settingsInEffect, settingsOf, verdictOn } from "./claude-settings.ts";
import type { StatusLine } from "./status-line.ts";

/**
 * What keeps Claude Code from showing a statusLine that stands in the user's settings, besides a disableAllHooks there: a
 * sentence each, none where it shows it in folders without settings of their own.
 */
export function obstaclesTo(
  text: string,
  path: string,
  places: Places,
  managed: string = managedFolder(),
): readonly string[] {
  const found: string[] = [];
  const { refusal, safeMode } = settingsOf("user", path, text);
  if (refusal !== null)
    found.push(`Claude Code skips all of ${path} (${refusal}): it shows no statusline until you correct that`);
  if (safeMode)
    found.push(`CLAUDE_CODE_SAFE_MODE is set in ${path}: Claude Code shows no statusline until it is taken out`);
  const policy = settingsInEffect(places, null, managed).filter(({ scope }) => scope === "managed");
  const { shown, blocked } = verdictOn(policy);
  if (blocked) found.push(`managed settings keep Claude Code from showing it: ${blocked.path}: ${blocked.reason}`);
  else if (shown) found.push(`managed settings show another statusLine in the place of it: ${shown.path}`);
  return found;
}

/** What to put into the configuration that a store's settings.json is made from, line by line: as JSON, and for home-manager. */
export function storeInstructions(path: string, target: string, line: StatusLine): readonly string[] {
  const value = JSON.stringify(line);
  return [
    `${path} leads to ${target}, which is made from a configuration of yours and was not changed. Add there, as JSON:`,
    `  "statusLine": ${value}`,
    "or in home-manager:",
    `  programs.claude-code.settings.statusLine = builtins.fromJSON ${nixString(value)};`,
    "and apply it, for instance with: home-manager switch",
  ];
}

const nixString = (text: string): string => `"${text.replace(/[\\"]|\$\{/g, "\\$&")}"`;
