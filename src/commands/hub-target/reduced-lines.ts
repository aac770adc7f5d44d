import { quote } from "../../install/command.ts";
import type { HubSender } from "../../sync/HubSender.ts";
import { clean } from "../../utils/terminal.ts";

/** Directories that are named at once. */
const MOST_NAMED = 5;

/** How to remove what left before less was to leave. */
export const reducedLines = (sender: HubSender): string[] =>
  sender
    .takeReduced()
    .slice(0, MOST_NAMED)
    .map(
      (one) =>
        `what the hub has of ${clean(one)} from before stays there until: pawprint forget --project ${quote(clean(one))}`,
    );
