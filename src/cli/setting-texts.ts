import { allowed, type Settings } from "../utils/config.ts";
import { declarations } from "../utils/declarations.ts";

/** What is printed about a setting. */
interface SettingText {
  readonly description: string;
  /** What applies if the setting is missing, where that is no value. */
  readonly otherwise?: string;
}

/** Beside the declarations, because the line loads those at every refresh. */
const texts: Readonly<Record<keyof Settings, SettingText>> = {
  segments: { description: "segments of the line, in this order" },
  theme: { description: "colours of the line" },
  pack: { description: "the pet in the line" },
  glyphs: { description: "characters the line may use" },
  rows: { description: "rows of the line; with 2, the session is on the first and the limits are on the second" },
  links: { description: "make the project and the pull request clickable (OSC 8 links)" },
  modelNames: {
    description: "your names for models, by id or by the last part of an ARN",
    otherwise: "the names that Claude Code gives; for an ARN, its last part",
  },
  planDollars: {
    description:
      "what your Claude subscription costs a month; pawprint and pawprint monthly then say what it was worth at list prices",
  },
  loggingEnabled: { description: "turn on the usage and status log" },
  usageInterval: { description: "time between two usage records" },
  statusInterval: { description: "time between two status records" },
  logDir: {
    description: "directory of the log",
    otherwise:
      "the first of /data/logs, data/logs in the checkout, and logs in PET_HOME that belongs to you and is writable",
  },
  storage: { description: "where records are stored; hybrid stores them both as jsonl and as sqlite" },
  dbPath: { description: "file of the database, for sqlite and hybrid", otherwise: "{log directory}/usage.db" },
  maxSize: { description: "maximum size of a log file; it is rotated before it would grow larger" },
  maxFiles: { description: "number of rotated files kept for each log" },
  debug: { description: "write debug messages of the background worker to pawprint.log" },
  email: { description: "how the account's e-mail address is recorded" },
  cwd: { description: "how the working directory is recorded" },
  home: {
    description: "directory of the program, settings, ledger and log; set by pawprint install --home",
    otherwise: "~/.claude/pets; if there is no ~/.claude, pets in the first directory of CLAUDE_CONFIG_DIR",
  },
  ledgerPath: { description: "file of the ledger", otherwise: "ledger.db in PET_HOME" },
  claudeCommand: { description: "path of the Claude Code program", otherwise: "claude on PATH" },
  machine: { description: "the name of this machine at a hub", otherwise: "the host name" },
  hubStore: { description: "file of the hub that pawprint serve runs", otherwise: "hub.db in PET_HOME" },
  hubUrl: {
    description: "address of a hub, for CI and containers, where nobody runs pawprint login",
    otherwise: "the hub of pawprint login",
  },
  hubToken: {
    description:
      "token for PET_HUB_URL, or for reports over the hub of pawprint login; pawprint token create makes one",
    otherwise: "the token of pawprint login",
  },
  syncLevel: {
    description:
      "what is sent to a hub: metrics (counts, models, tools, times; of paths only the project's name) or details (also paths, branches, files and git operations)",
  },
  syncProjects: {
    description: "projects for which it is another level: directory=off, directory=metrics or directory=details",
    otherwise: "PET_SYNC_LEVEL for all projects",
  },
  syncInterval: { description: "time between two looks for new usage in pawprint sync --follow" },
  syncRetries: {
    description: "how many more times pawprint sync tries to reach the hub; with --follow it never gives up",
  },
  pullHosts: { description: "hosts from which pawprint pull fetches usage by ssh", otherwise: "no hosts" },
};

/** All settings in the order of their declarations, with the allowed values and the default as they are printed. */
export const settingTexts = Object.entries(declarations).map(([key, declaration]) => {
  const { description, otherwise } = texts[key as keyof Settings];
  const value = String(declaration.default ?? "");
  return { env: declaration.env, description, allowed: allowed(declaration), value, otherwise: otherwise ?? null };
});
