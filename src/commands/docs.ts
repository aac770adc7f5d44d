import { existsSync, globSync, readFileSync } from "node:fs";
import { envExample, withTables } from "../cli/documents.ts";
import { PawprintError } from "../utils/errors.ts";
import { replaceFile } from "../utils/files.ts";
import type { Command, Context } from "./contract.ts";

/** Rewrites what is generated from the code: the tables of all pages, and .env.example. */
export const docs: Command = {
  name: "docs",
  internal: true,
  description: "rewrite .env.example and the tables of all README.md files from the code",
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
    if (stale.length === 0) print("all pages and .env.example are up to date");
    return options["check"] && stale.length > 0 ? 1 : 0;
  },
};

async function documents({ places, commands }: Context): Promise<{ path: string; text: string }[]> {
  const { root } = places;
  if (!existsSync(`${root}/README.md`)) {
    throw new PawprintError("not_found", `there is no ${root}/README.md`, "run this in a checkout of the repository");
  }
  const summaries = await commands();
  const { routes } = await import("../hub/routes/registry.ts");
  const pages = globSync(["README.md", "src/*/README.md"], { cwd: root }).map((name) => `${root}/${name}`);
  return [
    ...pages.toSorted().map((path) => ({ path, text: withTables(readFileSync(path, "utf8"), summaries, routes) })),
    { path: `${root}/.env.example`, text: `${envExample()}\n` },
  ];
}
