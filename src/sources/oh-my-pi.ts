import type { Environment } from "../utils/config.ts";
import type { Source } from "./contract.ts";
import { givenFolder, ompDataFolder, ompFolder, sessionStore } from "./pi-sessions/stores.ts";

const given = (variable: string, env: Environment, home: string): string | null =>
  givenFolder(variable, "oh-my-pi", env, home);

/**
 * Sessions: <folder of the working directory>/<time>_<id>.jsonl; those of its subagents and advisors are in a folder
 * named like the session's file.
 */
const sessions = sessionStore({
  name: "sessions",
  roots(env, home) {
    const agents = [`${ompFolder(env, home)}/agent`, ompDataFolder(env), given("PI_CODING_AGENT_DIR", env, home)];
    const folders = [
      ...agents.flatMap((agent) => (agent === null ? [] : [`${agent}/sessions`])),
      given("PI_CODING_AGENT_SESSION_DIR", env, home),
    ];
    return [...new Set(folders.filter((folder) => folder !== null))];
  },
  owns: (path) => path.endsWith(".jsonl"),
});

/** Sessions of named profiles: <profile>/agent/sessions/…, or <profile>/sessions/… below XDG_DATA_HOME. */
const profiles = sessionStore({
  name: "profiles",
  roots(env, home) {
    const data = ompDataFolder(env);
    return [`${ompFolder(env, home)}/profiles`, ...(data ? [`${data}/profiles`] : [])];
  },
  owns: (path) => /^[^/]+\/(?:agent\/)?sessions\/.+\.jsonl$/.test(path),
  enters: (path) => /^[^/]+(?:\/agent)?(?:\/sessions(?:\/.+)?)?$/.test(path),
});

/** The coding agent oh-my-pi (omp), made from pi: its sessions have the same format with additions. */
export const ohMyPi: Source = {
  name: "oh-my-pi",
  title: "oh-my-pi",
  description:
    "tokens by class and cache lifetime, reasoning if the provider reports it, its own cost estimates, prompts, tools, files, git, subagents, compactions",
  tested: "18.3.4",
  resume: "omp --resume",
  stores: [sessions, profiles],
  caveats:
    "A fork copies its responses (15% too much), and subagents have files of their own (22% too little without them). Its costs come from its own price table. Both pi and oh-my-pi obey PI_CODING_AGENT_DIR: sessions in the folder that it names count as pi's.",
  gaps: [
    {
      what: "interrupted responses",
      why: "their usage is written as far as it was received, which leaves out most of the output, and not at all when the program is killed",
    },
    { what: "compactions, titles and side questions", why: "the usage of these requests is written to no file" },
    { what: "branches and versions", why: "the files of sessions contain neither" },
    { what: "lines that a written file had before", why: "only the new content is written" },
  ],
};
