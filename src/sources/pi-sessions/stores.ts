import { isAbsolute, join } from "node:path";
import type { Environment } from "../../utils/config.ts";
import { parentOf } from "../../utils/small-files.ts";
import { lazyReader, type LineStore } from "../contract.ts";

/** Files of sessions at these places, as pi and the programs made from it write them. */
export const sessionStore = (place: Pick<LineStore, "name" | "roots" | "owns" | "enters">): LineStore => ({
  kind: "lines",
  account: parentOf,
  ...place,
  ...lazyReader(async () => (await import("./reading.ts")).readSession),
});

/** The configuration directory of oh-my-pi; PI_CONFIG_DIR is its name in the home directory. */
export const ompFolder = (env: Environment, home: string): string => join(home, env["PI_CONFIG_DIR"] || ".omp");

/** The folder for oh-my-pi's data if XDG_DATA_HOME is set. */
export function ompDataFolder(env: Environment): string | null {
  const given = env["XDG_DATA_HOME"] ?? "";
  return isAbsolute(given) ? join(given, "omp") : null;
}

/**
 * The folder that a variable names which both programs obey (PI_CODING_AGENT_DIR or PI_CODING_AGENT_SESSION_DIR), if it
 * is that of this assistant; else null. A file belongs to one assistant only: what is in oh-my-pi's own directories is
 * its own, everything else is pi's.
 */
export function givenFolder(variable: string, owner: "pi" | "oh-my-pi", env: Environment, home: string): string | null {
  const given = (env[variable] ?? "").replace(/^~(?=\/|$)/, home);
  if (given === "") return null;
  const own = [ompFolder(env, home), ompDataFolder(env)];
  const isOmp = own.some((folder) => folder !== null && `${join(given)}/`.startsWith(`${folder}/`));
  return isOmp === (owner === "oh-my-pi") ? given : null;
}
