import { envExample } from "../cli/documents.ts";
import type { Command } from "./contract.ts";

/** Prints .env.example, generated from the declarations of the settings. */
export const env: Command = {
  name: "env",
  purpose: "setup",
  description: "print every setting with its description and default (as .env.example)",
  examples: [{ args: "env", description: "all settings, to copy into ~/.claude/pets/.env" }],
  related: ["preview"],
  run({ print }) {
    print(envExample());
    return Promise.resolve(0);
  },
};
