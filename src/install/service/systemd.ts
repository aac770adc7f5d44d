import { PawprintError } from "../../utils/errors.ts";
import type { Job, ServiceManager, ServiceSystem, SystemCommand } from "./contract.ts";
import { mustRun } from "./must-run.ts";

const unitOf = ({ name }: Pick<Job, "name">): string => `pawprint-${name}.service`;

/** https://specifications.freedesktop.org/basedir-spec/latest/: a relative XDG_CONFIG_HOME is ignored. */
function unitPath(job: Job, { env, places }: ServiceSystem): string {
  const given = env["XDG_CONFIG_HOME"]?.trim() ?? "";
  return `${given.startsWith("/") ? given : `${places.home}/.config`}/systemd/user/${unitOf(job)}`;
}

const systemctl = (...args: string[]): SystemCommand => ["systemctl", "--user", ...args];

/** A word of a unit file: quoted, with specifiers escaped, and in the arguments of a command also variables. */
const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&").replaceAll("%", "%%")}"`;
const word = (text: string): string => quoted(text).replaceAll("$", "$$$$");

const DESCRIPTIONS = { sync: "Pawprint: sends usage to a hub", serve: "Pawprint: hub" } as const;

/**
 * The unit. A service of a user has no mount namespaces where the system allows users none, so only limits that need none
 * are set; MemoryDenyWriteExecute would keep the just-in-time compiler from working.
 */
function unitOfJob({ name, program, options, env }: Job): string {
  const [file = "", ...more] = program;
  if (/["'\\]/.test(file))
    throw new PawprintError(
      "bad_setting",
      `systemd runs no program with a quote in its path: ${file}`,
      "use --with cron",
    );
  const args = [...more, name, ...(name === "sync" ? ["--follow"] : []), ...options];
  return `# Written by: pawprint service install ${name}; removed by: pawprint service uninstall ${name}
[Unit]
Description=${DESCRIPTIONS[name]}
StartLimitIntervalSec=600
StartLimitBurst=20

[Service]
ExecStart=${[quoted(file), ...args.map(word)].join(" ")}
${Object.entries(env)
  .map(([key, value]) => `Environment=${quoted(`${key}=${value}`)}\n`)
  .join("")}WorkingDirectory=/
Restart=on-failure
RestartSec=2
# A wrong setting or option does not get better by itself.
RestartPreventExitStatus=2
TimeoutStopSec=20
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
${name === "serve" ? "LimitNOFILE=20000\n" : "Nice=10\n"}
[Install]
WantedBy=default.target
`;
}

/** The services of a user in systemd. */
export const systemd: ServiceManager = {
  name: "systemd",
  description: "a unit of this user, started at login and after a crash",
  async problem({ run }) {
    const { exit, stderr } = await run(systemctl("show", "--property=Version"));
    if (exit === 0) return null;
    return exit === null ? "there is no systemctl" : `systemctl --user does not answer: ${firstLine(stderr)}`;
  },
  files: (job, system) => [{ path: unitPath(job, system), text: unitOfJob(job) }],
  lines: () => [],
  async start(job, { run }) {
    await mustRun(run, systemctl("daemon-reload"));
    await mustRun(run, systemctl("enable", unitOf(job)));
    await run(systemctl("reset-failed", unitOf(job)));
    await mustRun(run, systemctl("start", unitOf(job)));
  },
  async stop(job, { run }) {
    await mustRun(run, systemctl("stop", unitOf(job)));
  },
  async disable(job, { run }) {
    await run(systemctl("disable", "--now", unitOf(job)));
    await run(systemctl("reset-failed", unitOf(job)));
  },
  async removed({ run }) {
    await run(systemctl("daemon-reload"));
  },
  async state(job, { run }) {
    const properties = "--property=ActiveState,SubState,NRestarts,ExecMainStatus,UnitFileState";
    const { exit, stdout, stderr } = await run(systemctl("show", properties, unitOf(job)));
    if (exit !== 0) return { isRunning: false, detail: firstLine(stderr) || "systemctl --user does not answer" };
    const found = new Map(stdout.split("\n").map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
    const valueOf = (name: string): string => found.get(name) ?? "unknown";
    const isRunning = valueOf("ActiveState") === "active";
    const restarts = Number(found.get("NRestarts") ?? 0);
    return {
      isRunning,
      detail: [
        `${valueOf("ActiveState")} (${valueOf("SubState")}), ${valueOf("UnitFileState")}`,
        ...(restarts > 0 ? [`restarted ${restarts} times`] : []),
        ...(isRunning ? [] : [`last exit status ${valueOf("ExecMainStatus")}`]),
      ].join(", "),
    };
  },
  logs: (job, isFollowing) => [
    "journalctl",
    "--user",
    `--unit=${unitOf(job)}`,
    "--lines=200",
    "--no-pager",
    "--output=short-iso",
    ...(isFollowing ? ["--follow"] : []),
  ],
  hints: () => ["it runs while you are logged in; to let it run from the start of the machine: loginctl enable-linger"],
};

const firstLine = (text: string): string => text.trim().split("\n")[0] ?? "";
