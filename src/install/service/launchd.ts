import { truncateLog } from "./background.ts";
import type { Job, ServiceManager, ServiceSystem, SystemCommand } from "./contract.ts";
import { mustRun } from "./must-run.ts";

const labelOf = ({ name }: Pick<Job, "name">): string => `pawprint.${name}`;
const pathOf = (job: Job, home: string): string => `${home}/Library/LaunchAgents/${labelOf(job)}.plist`;
const targetOf = (job: Job, uid: number): string => `gui/${uid}/${labelOf(job)}`;
const launchctl = (...args: string[]): SystemCommand => ["launchctl", ...args];

const ATTEMPTS = 20;
const PAUSE_MS = 250;

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const string = (text: string): string => `<string>${escaped(text)}</string>`;

/** https://www.manpagez.com/man/5/launchd.plist/ */
function agentOf(job: Job): string {
  const { name, program, options, env, log } = job;
  const command = [...program, name, ...(name === "sync" ? ["--follow"] : []), ...options];
  const variables = Object.entries(env).map(([key, value]) => `    <key>${escaped(key)}</key>\n    ${string(value)}\n`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Written by: pawprint service install ${name}; removed by: pawprint service uninstall ${name} -->
<plist version="1.0">
<dict>
  <key>Label</key>
  ${string(labelOf(job))}
  <key>ProgramArguments</key>
  <array>
${command.map((one) => `    ${string(one)}\n`).join("")}  </array>
  <key>EnvironmentVariables</key>
  <dict>
${variables.join("")}  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>ProcessType</key>
  ${string(name === "sync" ? "Background" : "Standard")}
  <key>Umask</key>
  <integer>63</integer>
  <key>WorkingDirectory</key>
  ${string("/")}
  <key>StandardOutPath</key>
  ${string(log)}
  <key>StandardErrorPath</key>
  ${string(log)}
</dict>
</plist>
`;
}

/** Takes an agent out, which ends it. */
async function bootOut(job: Job, { run, uid }: Pick<ServiceSystem, "run" | "uid">): Promise<void> {
  await run(launchctl("bootout", targetOf(job, uid)));
}

/** The agents of a user in macOS. */
export const launchd: ServiceManager = {
  name: "launchd",
  description: "an agent of this user in macOS, started at login and after a crash",
  async problem({ run }) {
    const { exit } = await run(launchctl("managername"));
    if (exit === 0) return null;
    return exit === null ? "there is no launchctl" : "launchctl does not answer";
  },
  files: (job, { places }) => [{ path: pathOf(job, places.home), text: agentOf(job) }],
  lines: () => [],
  async start(job, { run, uid, places, clock }) {
    truncateLog(job.log);
    await mustRun(run, launchctl("enable", targetOf(job, uid)));
    // A loaded agent keeps its old description until it is taken out.
    await bootOut(job, { run, uid });
    // The agent may still be ending, during which it cannot be loaded.
    const load = launchctl("bootstrap", `gui/${uid}`, pathOf(job, places.home));
    for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
      if ((await run(load)).exit === 0) return;
      await clock.sleep(PAUSE_MS);
    }
    await mustRun(run, load);
  },
  stop: bootOut,
  disable: bootOut,
  async state(job, { run, uid }) {
    const { exit, stdout } = await run(launchctl("print", targetOf(job, uid)));
    if (exit !== 0) return { isRunning: false, detail: "not loaded" };
    const valueOf = (name: string): string => new RegExp(`^\\s*${name} = (.*)$`, "m").exec(stdout)?.[1] ?? "unknown";
    const isRunning = valueOf("state") === "running";
    return {
      isRunning,
      detail: isRunning ? `process ${valueOf("pid")}` : `last exit code ${valueOf("last exit code")}`,
    };
  },
  logs: (job, isFollowing) => ["tail", "-n", "200", ...(isFollowing ? ["-F"] : []), job.log],
  hints: () => [],
};
