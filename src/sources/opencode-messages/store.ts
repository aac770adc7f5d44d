import { isAbsolute, join } from "node:path";
import type { Environment } from "../../utils/config.ts";
import { parentOf } from "../../utils/small-files.ts";
import { lazyReader, type TableStore } from "../contract.ts";

/** Where a program keeps a database of this format. */
interface DatabasePlace {
  /** Name of its folder below the directory for data. */
  readonly folder: string;
  /** Names of its databases in that folder. */
  readonly names: RegExp;
  /** Environment variable that names another database, absolute or in that folder. */
  readonly variable: string;
}

/** The folder with a program's data: below XDG_DATA_HOME if that is absolute. */
export function dataFolder(folder: string, env: Environment, home: string): string {
  const given = env["XDG_DATA_HOME"] ?? "";
  return join(isAbsolute(given) ? given : join(home, ".local/share"), folder);
}

/** The database of opencode, or of a program that has the same one under another name. */
export const databaseStore = ({ folder, names, variable }: DatabasePlace): TableStore => ({
  kind: "tables",
  name: "database",
  roots(env, home) {
    const own = dataFolder(folder, env, home);
    const given = env[variable] ?? "";
    return given === "" ? [own] : [own, isAbsolute(given) ? given : join(own, given)];
  },
  account: (root) => (root.endsWith(".db") ? parentOf(root) : root),
  owns: (path) => names.test(path),
  enters: () => false,
  ...lazyReader(async () => (await import("./reading.ts")).readDatabase),
});
