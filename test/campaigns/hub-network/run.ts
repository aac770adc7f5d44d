import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Checks, until } from "../e2e/checks.ts";
import { claudeVersions, fetchClaude } from "../e2e/claude.ts";
import { checkCrontab } from "./crontab.ts";
import { Network } from "./network.ts";
import { Node } from "./node.ts";
import { checkPull } from "./ssh.ts";

/*
 * A hub and its machines as real processes in network namespaces, each with an address of its own. Needs root and `ip`; the parts with
 * ssh, cron and the real claude are left out, and named, where these programs are missing.
 */

const HELP = "bun run hub:network: a hub and two machines as real processes in network namespaces; needs root and ip";
if (parseArgs({ options: { help: { type: "boolean" } } }).values.help) {
  console.log(HELP);
  process.exit(0);
}

const REPOSITORY = resolve(import.meta.dir, "../../..");
const HUB_PORT = "7297";
const LIVE_ROUNDS = 20;
const checks = new Checks();
const folder = realpathSync(mkdtempSync(join(tmpdir(), "pawprint-network-")));
const nodes: Node[] = [];
let network: Network | null = null;

/** Waits until the hub has what a host used. */
const isBalanced = (hub: Node, node: Node, ms: number): Promise<unknown> =>
  until(ms, () => JSON.stringify(hub.totals("hub.db", node.name)) === JSON.stringify(node.worked));

function checkBalance(what: string, hub: Node, node: Node): void {
  checks.same(what, hub.totals("hub.db", node.name), node.worked);
}

/** Invites a host and joins it; returns the milliseconds from the invitation to the first rows at the hub. */
async function joinHub(hub: Node, node: Node): Promise<number> {
  const started = performance.now();
  const invited = await hub.run(["invite", node.name, "--json"]);
  const { command = "" } = JSON.parse(invited.out || "{}") as { command?: string };
  const login = await node.run(command.split(" ").slice(1));
  checks.check(`${node.name} joins with the line of invite`, login.status === 0, login.status === 0 ? "" : login);
  const sync = await node.run(["sync", "--json"]);
  const ms = performance.now() - started;
  const { pending } = JSON.parse(sync.out || "{}") as { pending?: number };
  checks.check(`${node.name} has sent everything`, sync.status === 0 && pending === 0, sync.out.trim() || sync.err);
  return ms;
}

async function runNetwork(cli: string): Promise<void> {
  network = await Network.open(["hub", "one", "two"], `pp${process.pid % 100_000}`);
  const [hub, one, two] = ["hub", "one", "two"].map((name) => new Node(network as Network, name, folder, cli)) as [
    Node,
    Node,
    Node,
  ];
  nodes.push(hub, one, two);
  const serve = ["serve", "--host", hub.address, "--port", HUB_PORT];

  checks.section("a hub with a certificate of its own");
  const plain = await hub.start(["serve", "--host", hub.address, "--port", HUB_PORT, "--insecure"]);
  const refused = await one.run(["login", `http://${hub.address}:${HUB_PORT}#AAAAAAAAAAAAAAAAAAAAAA`]);
  checks.check(
    "login refuses plain http beyond this machine",
    refused.status === 1 && /http/.test(refused.err),
    refused.err.trim(),
  );
  plain.process.kill();
  await plain.process.exited;
  let server = await hub.start(serve);
  checks.same("it listens with TLS", server.first, `listening on https://${hub.address}:${HUB_PORT}`);

  checks.section("two machines join");
  one.work(500);
  two.work(300);
  const times = [await joinHub(hub, one), await joinHub(hub, two)];
  checks.check(
    "a newcomer's set-up takes less than 10 s",
    Math.max(...times) < 10_000,
    times.map((ms) => `${Math.round(ms)} ms`).join(", "),
  );
  for (const node of [one, two]) checkBalance(`the hub has what ${node.name} used`, hub, node);
  const report = await hub.run(["daily", "--hub", "--machine", "all", "--json"]);
  checks.check("a report on the hub answers", report.status === 0, report.status === 0 ? "" : report.err);

  checks.section("usage as it happens");
  for (const node of [one, two]) await node.start(["sync", "--follow"]);
  await Bun.sleep(2_000);
  const delays: number[] = [];
  for (let round = 0; round < LIVE_ROUNDS; round++) {
    one.work(1);
    const started = performance.now();
    while (
      JSON.stringify(hub.totals("hub.db", "one")) !== JSON.stringify(one.worked) &&
      performance.now() - started < 10_000
    )
      await Bun.sleep(5);
    delays.push(performance.now() - started);
    await Bun.sleep(37 * (round % 7));
  }
  const median = delays.toSorted((a, b) => a - b)[LIVE_ROUNDS / 2] ?? Infinity;
  const slowest = Math.max(...delays);
  checks.check(
    "a line is at the hub within a second",
    slowest < 1_000,
    `median ${Math.round(median)} ms, slowest ${Math.round(slowest)} ms`,
  );

  checks.section("a network that is cut and restored");
  await network.cut("two", true);
  two.work(400);
  one.work(50);
  checks.check("the other machine goes on", (await isBalanced(hub, one, 10_000)) !== null);
  checks.check("nothing comes through", JSON.stringify(hub.totals("hub.db", "two")) !== JSON.stringify(two.worked));
  await Bun.sleep(8_000);
  await network.cut("two", false);
  const restored = performance.now();
  await isBalanced(hub, two, 150_000);
  checkBalance("all of it is at the hub afterwards", hub, two);
  checks.note(`after ${((performance.now() - restored) / 1_000).toFixed(1)} s`);

  checks.section("a hub that is killed under load");
  for (let kill = 0; kill < 5; kill++) {
    one.work(200);
    two.work(200);
    await Bun.sleep(150 * kill);
    server.process.kill("SIGKILL");
    await server.process.exited;
    server = await hub.start(serve);
  }
  for (const node of [one, two]) {
    await isBalanced(hub, node, 90_000);
    checkBalance(`nothing of ${node.name} is lost or doubled`, hub, node);
  }

  checks.section("another hub at the same address");
  server.process.kill();
  await server.process.exited;
  const impostor = new Node(network, "hub", join(folder, "impostor"), cli);
  nodes.push(impostor);
  const other = await impostor.start(serve);
  one.work(1);
  const untrusted = await one.run(["sync"], { PET_SYNC_RETRIES: "0" });
  checks.check(
    "a machine sends it nothing",
    untrusted.status !== 0 && untrusted.err.includes("not trusted"),
    untrusted.err.trim(),
  );
  checks.same("and it has no rows", impostor.totals("hub.db"), [0, null, null, null, null]);
  other.process.kill();
  await other.process.exited;
  server = await hub.start(serve);
  await isBalanced(hub, one, 90_000);
  checkBalance("the right one gets them", hub, one);

  checks.section("without a server, by ssh");
  await checkPull(checks, network, { hub: one, host: two, folder });
  checks.section("a service in the crontab");
  await checkCrontab(checks, folder, cli);
  await checkClaude(hub, cli);
}

/** The real claude on a new host, in a process there. */
async function checkClaude(hub: Node, cli: string): Promise<void> {
  checks.section("the real claude on a machine");
  const program = await fetchClaude((line) => checks.note(line), claudeVersions().at(-1));
  const invited = await hub.run(["invite", "claude", "--json"]);
  const { command } = JSON.parse(invited.out) as { command: string };
  const result = join(folder, "claude.json");
  const part = [
    join(import.meta.dir, "real-claude.ts"),
    program,
    cli,
    command,
    join(hub.home, ".claude/pets/hub.db"),
    result,
  ];
  const child = Bun.spawn([...(network as Network).on("one"), process.execPath, ...part], {
    stdio: ["ignore", "inherit", "inherit"],
    timeout: 180_000,
  });
  const status = await child.exited;
  const found = existsSync(result)
    ? (JSON.parse(readFileSync(result, "utf8")) as { responses: number; ms: number[] })
    : null;
  checks.check(
    "its turn is answered and its responses are at the hub",
    status === 0 && (found?.responses ?? 0) > 0,
    found ?? status,
  );
  const slowest = Math.max(...(found?.ms ?? [Infinity]));
  checks.check("each within a second of its line in the transcript", slowest < 1_000, found?.ms.map(Math.round) ?? []);
}

/** Ends all that runs; `status` is that of a campaign that was stopped. */
async function finish(status?: number): Promise<never> {
  for (const node of nodes) node.end();
  await network?.close();
  if (checks.failed === 0) rmSync(folder, { recursive: true, force: true });
  else checks.note(`kept: ${folder}`);
  console.log(`${checks.passed} passed, ${checks.failed} failed`);
  process.exit(status ?? (checks.failed === 0 && checks.passed > 0 ? 0 : 1));
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void finish(130));
try {
  if (process.getuid?.() !== 0) throw new Error("network namespaces need root");
  const build = Bun.spawnSync([process.execPath, "run", "build"], { cwd: REPOSITORY, stderr: "pipe" });
  if (!build.success) throw new Error(build.stderr.toString());
  await runNetwork(join(REPOSITORY, "dist/cli.js"));
} catch (error) {
  checks.check(
    "the campaign itself works",
    false,
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  );
}
await finish();
