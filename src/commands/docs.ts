import { existsSync, readFileSync } from "node:fs";
import { envExample, withTables } from "../cli/documents.ts";
import { PawprintError } from "../utils/errors.ts";
import { replaceFile } from "../utils/files.ts";
import type { Command, Context } from "./contract.ts";

/** Rewrites the documents that are generated from the code: the tables of the README, and .env.example. */
export const docs: Command = {
  name: "docs",
  description: "rewrite the tables of README.md and .env.example from the code",
  options: [{ name: "check", description: "change nothing; exit with 1 if a file is out of date" }],
  async run(context) {
    const { options, print } = context;
    const stale = (await documents(context)).filter(
      ({ path, text }) => !existsSync(path) || readFileSync(path, "utf8") !== text,
    );
    for (const { path, text } of stale) {
      if (!options["check"]) replaceFile(path, text, 0o644);
      print(`${options["check"] ? "out of date" : "rewritten"}: ${path}`);
    }
    if (stale.length === 0) print("README.md and .env.example are up to date");
    return options["check"] && stale.length > 0 ? 1 : 0;
  },
};

async function documents({ places, commands }: Context): Promise<{ path: string; text: string }[]> {
  const readme = `${places.root}/README.md`;
  if (!existsSync(readme))
    throw new PawprintError("not_found", `there is no ${readme}`, "run this in a checkout of the repository");
  return [
    { path: readme, text: withTables(readFileSync(readme, "utf8"), await commands()) },
    { path: `${places.root}/.env.example`, text: `${envExample()}\n` },
  ];
}
