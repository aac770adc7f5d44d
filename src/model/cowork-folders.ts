/** Variables of a process. */
type Environment = Readonly<Record<string, string | undefined>>;

/** Claude Desktop's own folder, and the one that it uses where another provider answers (https://claude.com/docs/cowork/3p/overview). */
const NAMES = ["Claude", "Claude-3p"];
/** The package of Claude Desktop in Windows' store, whose programs find their folders in a place of its own. */
const PACKAGE = "Packages/Claude_pzs8sxrjxfjjc/LocalCache";

/** Where programs of each system keep their data: macOS, Linux, Windows, and Windows' store. */
function dataFolders(env: Environment, home: string): string[] {
  const given = (name: string, other: string): string => {
    const path = env[name]?.replaceAll("\\", "/").replace(/\/+$/, "") ?? "";
    return path.startsWith("/") || /^[A-Za-z]:/.test(path) ? path : `${home}/${other}`;
  };
  const local = given("LOCALAPPDATA", "AppData/Local");
  return [
    `${home}/Library/Application Support`,
    given("XDG_CONFIG_HOME", ".config"),
    given("APPDATA", "AppData/Roaming"),
    local,
    `${local}/${PACKAGE}/Roaming`,
    `${local}/${PACKAGE}/Local`,
  ];
}

/** The folders below which Claude Desktop keeps the sessions of Cowork, on each system; most of them are not there. */
export const coworkFolders = (env: Environment, home: string): string[] =>
  dataFolders(env, home).flatMap((folder) => NAMES.map((name) => `${folder}/${name}/${COWORK_SESSIONS}`));

/** What the last of those folders is called. */
export const COWORK_SESSIONS = "local-agent-mode-sessions";
