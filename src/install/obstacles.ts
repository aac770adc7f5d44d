import type { Places } from "../utils/paths.ts";
import { managedFolder, settingsInEffect, settingsOf, effectiveLineOf } from "./claude-settings.ts";
import type { StatusLine } from "./status-line.ts";

/**
 * Returns a sentence for each thing that keeps Claude Code from showing the statusLine in the user's settings, other than
 * disableAllHooks there. None means that it is shown in folders without settings of their own.
 */
export function obstaclesFor(
  text: string,
  path: string,
  places: Places,
  managed: string = managedFolder(),
): readonly string[] {
  const obstacles: string[] = [];
  const { refusal, safeMode } = settingsOf("user", path, text);
  if (refusal !== null)
    obstacles.push(`Claude Code skips all of ${path} (${refusal}): it shows no statusline until you correct the file`);
  if (safeMode)
    obstacles.push(`CLAUDE_CODE_SAFE_MODE is set in ${path}: Claude Code shows no statusline until you remove it`);
  const policy = settingsInEffect(places, null, managed).filter(({ scope }) => scope === "managed");
  const { shown, blocked } = effectiveLineOf(policy);
  if (blocked) obstacles.push(`managed settings keep Claude Code from showing it: ${blocked.path}: ${blocked.reason}`);
  else if (shown) obstacles.push(`managed settings show another statusLine instead: ${shown.path}`);
  return obstacles;
}

/** Instructions, line by line, for the configuration that a store's settings.json is generated from: as JSON and for home-manager. */
export function storeInstructions(path: string, target: string, line: StatusLine): readonly string[] {
  const value = JSON.stringify(line);
  return [
    `${path} links to ${target}, which is generated from a configuration of yours and was not changed. Add to it, as JSON:`,
    `  "statusLine": ${value}`,
    "or in home-manager:",
    `  programs.claude-code.settings.statusLine = builtins.fromJSON ${nixString(value)};`,
    "then apply it, for example with: home-manager switch",
  ];
}

const nixString = (text: string): string => `"${text.replace(/[\\"]|\$\{/g, "\\$&")}"`;
