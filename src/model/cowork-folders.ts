/** Environment variables by name. */
type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Names of Claude Desktop's folder; the second is used with third-party providers
 * (https://claude.com/docs/cowork/3p/overview).
 */
const NAMES = ["Claude", "Claude-3p"];
/** Claude Desktop's package in the Microsoft Store. Programs of the store use separate data folders. */
const PACKAGE = "Packages/Claude_pzs8sxrjxfjjc/LocalCache";

/** Folders for application data on macOS, Linux and Windows, and of Microsoft Store programs. */
function dataFolders(env: Variables, home: string): string[] {
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

/** The folders that contain Claude Desktop's Cowork sessions, on all systems; most of them do not exist. */
export const coworkFolders = (env: Variables, home: string): string[] =>
  dataFolders(env, home).flatMap((folder) => NAMES.map((name) => `${folder}/${name}/${COWORK_SESSIONS}`));

/** Last part of the path of those folders. */
export const COWORK_SESSIONS = "local-agent-mode-sessions";
