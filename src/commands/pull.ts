import type { Hub } from "../hub/Hub.ts";
import { pullOver } from "../hub/pull.ts";
import type { ByteStreams } from "../sync/stream-link.ts";
import { definedIn } from "../install/service/background.ts";
import { count } from "../render/format.ts";
import { messageOf, PawprintError } from "../utils/errors.ts";
import { clean, jsonText } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";
import { makeHub } from "./hub/open-hub.ts";
import { sendOwnUsageOnce } from "./hub/own-machine.ts";

/** What runs on the host. Its shell replaces the tilde by the home directory there. */
const REMOTE = ["~/.claude/pets/bin/pawprint", "sync", "--stdio"] as const;
/** A name of ssh's configuration, an address, user@host or ssh://user@host:port. A leading dash would be an option. */
const HOST = /^(?:ssh:\/\/)?(?:\w[\w.-]*@)?(?:\w[\w.-]*|\[?[0-9a-f:]*:[0-9a-f:.]*\]?)(?::\d{1,5})?$/i;
const MAX_HOST = 255;
/** Hosts that are asked at the same time. */
const AT_ONCE = 4;
/** How long a host may say nothing, and how long one may take in all, milliseconds. */
const SILENT_MS = 300_000;
const LONGEST_MS = 1_800_000;
const POLL_MS = 250;
/** Characters of the error output that are kept. */
const MAX_ERRORS = 4_096;

/** The outcome for one host. */
interface Pulled {
  readonly host: string;
  readonly rows: number;
  readonly problem: PawprintError | null;
}

/** Fetches the usage of other machines by ssh into this machine's hub. */
export const pull: Command = {
  name: "pull",
  purpose: "hub",
  description: "fetch the usage of other machines by ssh: into this machine's hub, without a server",
  args: "[HOST...]",
  options: [{ name: "json", description: "print the result as JSON" }],
  examples: [
    { args: "pull build.example alice@laptop", description: "ask two hosts, as ssh knows them" },
    { args: "pull", description: "ask the hosts of PET_PULL_HOSTS" },
  ],
  related: ["sync", "serve", "machines", "service"],
  async run(context) {
    const { args, settings, options, print, warn } = context;
    const named = args.length > 0;
    const hosts = [...new Set(named ? args : settings.pullHosts)];
    if (hosts.length === 0)
      throw new PawprintError("bad_usage", "no host is named", "pawprint pull HOST, or set PET_PULL_HOSTS");
    for (const host of hosts) checkHost(host);
    const ssh = Bun.which("ssh", { PATH: context.env["PATH"] ?? "" });
    if (ssh === null) throw new PawprintError("program_missing", "there is no ssh on PATH", "install OpenSSH");
    using hub = makeHub(context);
    const own = await addOwn(context, hub);
    const done = await inTurn(hosts, (host) => pullFrom(context, hub, ssh, { host, isNamed: named }));
    await hub.lowering.settled();
    if (options["json"] === true) print(jsonText({ own: outcome(own), hosts: done.map(outcome) }));
    else
      for (const { host, rows, problem } of [own, ...done]) {
        if (problem === null) print(`${host}: ${rowsText(rows)} fetched`);
        else warn(`${host}: ${clean(problem.message, 500)}\n  ${clean(problem.hint, 300)}`);
      }
    return [own, ...done].every(({ problem }) => problem === null) ? 0 : 1;
  },
};

/** Adds the usage of this machine, which no host waits for. */
async function addOwn(context: Context, hub: Hub): Promise<Pulled> {
  const host = "this machine";
  try {
    return { host, rows: await sendOwnUsageOnce(context, hub), problem: null };
  } catch (error) {
    return { host, rows: 0, problem: knownError(error) };
  }
}

const knownError = (error: unknown): PawprintError =>
  error instanceof PawprintError
    ? error
    : new PawprintError("internal", messageOf(error), "run it again; what was fetched stays", error);

const rowsText = (rows: number): string => `${count(rows)} ${rows === 1 ? "row" : "rows"}`;

const outcome = ({ host, rows, problem }: Pulled) => ({
  host,
  rows,
  error: problem && { code: problem.code, message: problem.message, hint: problem.hint },
});

function checkHost(host: string): void {
  if (HOST.test(host) && host.length <= MAX_HOST) return;
  const hint = "a name of your ssh configuration, user@host, or ssh://user@host:port";
  throw new PawprintError("bad_usage", `"${clean(host)}" is not a host`, hint);
}

/** Runs for all hosts, some at the same time; the results are in their order. */
async function inTurn(hosts: readonly string[], run: (host: string) => Promise<Pulled>): Promise<Pulled[]> {
  const done: Pulled[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < hosts.length; at = next++) done[at] = await run(hosts[at] ?? "");
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return done;
}

async function pullFrom(
  { clock, env }: Context,
  hub: Hub,
  ssh: string,
  asked: { readonly host: string; readonly isNamed: boolean },
): Promise<Pulled> {
  const { host } = asked;
  const child = Bun.spawn([ssh, "--", host, ...REMOTE], {
    // No program may put a window with a question on somebody's screen.
    env: { ...definedIn(env), SSH_ASKPASS_REQUIRE: "never" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let heard = clock.now();
  const streams: ByteStreams = {
    input: noting(child.stdout, () => (heard = clock.now())),
    write: (bytes) => void ignoreGone(() => [child.stdin.write(bytes), child.stdin.flush()]),
    end: () => void ignoreGone(() => [child.stdin.end()]),
  };
  const errors = tailOf(child.stderr);
  const started = clock.now();
  const run = { isOver: false };
  let late: PawprintError | null = null;
  const watch = async (): Promise<void> => {
    for (; !run.isOver; await clock.sleep(POLL_MS)) {
      const now = clock.now();
      if (now - heard < SILENT_MS && now - started < LONGEST_MS) continue;
      late = new PawprintError(
        "hub_away",
        now - heard < SILENT_MS ? "it took too long" : "it does not answer",
        `try: ssh ${host} true`,
      );
      child.kill("SIGKILL");
      return;
    }
  };
  void watch();
  try {
    const rows = await pullOver(hub, asked, streams);
    const status = await child.exited;
    const problem = status === 0 ? null : (late ?? failed(host, status, await errors));
    return { host, rows, problem };
  } catch (error) {
    child.kill();
    const known = knownError(error);
    // What ssh says explains a connection that ended early.
    const said = known.code === "hub_away" ? failed(host, await child.exited, await errors) : known;
    return { host, rows: 0, problem: late ?? said };
  } finally {
    run.isOver = true;
  }
}

/** Why ssh or the program there failed. */
function failed(host: string, status: number, errors: string): PawprintError {
  const last = errors.trim().split("\n").at(-1) ?? "";
  if (status === 127 || /not found|No such file/.test(last))
    return new PawprintError(
      "program_missing",
      `pawprint is not installed there: ${last}`,
      `on ${host}: pawprint install`,
    );
  const why = last || `ssh ended with status ${status} before anything was sent`;
  return new PawprintError("hub_away", why, `try: ssh ${host} true`);
}

/** Ignores errors of a pipe whose reader has ended: why it ended is what matters. */
async function ignoreGone(steps: () => unknown[]): Promise<void> {
  try {
    await Promise.all(steps());
  } catch {
    return;
  }
}

/** The pieces of a stream; calls back for each. */
async function* noting(stream: ReadableStream<Uint8Array>, each: () => void): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) {
    each();
    yield piece;
  }
}

/** The end of a text. */
async function tailOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of stream) text = `${text}${decoder.decode(piece, { stream: true })}`.slice(-MAX_ERRORS);
  return text;
}
