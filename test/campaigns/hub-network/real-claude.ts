import { Database } from "bun:sqlite";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fields } from "../../../src/utils/json.ts";
import { until } from "../e2e/checks.ts";
import { lineWith } from "../e2e/line.ts";
import { REPOSITORY, World } from "../e2e/world.ts";

/*
 * Runs on a host of the network: the real claude takes one turn, while `sync --follow` sends. Writes for each of its responses how many
 * milliseconds after its line in the transcript it was in the hub's file.
 */

const [program = "", cli = "", login = "", hubFile = "", resultFile = ""] = process.argv.slice(2);
const version = /claude-(\d[\d.]*)\//.exec(program)?.[1] ?? "";
const world = new World(program, version, "login", Date.now());

/** Message ids in the transcripts so far. */
function written(): Set<string> {
  const projects = join(world.user.home, ".claude/projects");
  const ids = new Set<string>();
  if (!existsSync(projects)) return ids;
  for (const name of readdirSync(projects, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".jsonl")) continue;
    for (const line of readFileSync(join(projects, name), "utf8").split("\n").slice(0, -1)) {
      const { type, message } = fields(JSON.parse(line));
      const { id } = fields(message);
      if (type === "assistant" && typeof id === "string") ids.add(id);
    }
  }
  return ids;
}

try {
  const pawprint = [process.execPath, cli];
  const env = { PET_MACHINE: "claude" };
  Object.assign(world.env, env);
  await world.run([...pawprint, "install"], REPOSITORY);
  const joined = await world.run([...pawprint, ...login.split(" ").slice(1)], REPOSITORY);
  if (joined.status !== 0) throw new Error(joined.err);
  const follow = Bun.spawn([...pawprint, "sync", "--follow"], {
    cwd: REPOSITORY,
    env: world.env,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const screen = world.openClaude();
  if ((await lineWith(screen, 30_000, "=^")) === null) throw new Error((await screen.lines()).join("\n"));
  await screen.submit("hello plan:bash,write,edit");
  using hub = new Database(hubFile, { readonly: true });
  const arrived = hub.query<{ found: number }, [string]>(
    "SELECT EXISTS (SELECT 1 FROM response WHERE instr(key, ?)) AS found",
  );
  const seen = new Map<string, { readonly at: number; ms: number | null }>();
  const end = performance.now() + 60_000;
  let isAnswered = false;
  void screen.row(30_000, "Purr").then((row) => (isAnswered = row !== null));
  for (; performance.now() < end; await Bun.sleep(5)) {
    for (const id of written()) if (!seen.has(id)) seen.set(id, { at: performance.now(), ms: null });
    for (const [id, one] of seen)
      if (one.ms === null && arrived.get(id)?.found === 1) one.ms = performance.now() - one.at;
    if (isAnswered && seen.size > 0 && [...seen.values()].every(({ ms }) => ms !== null)) break;
  }
  await until(1_000, () => isAnswered);
  const ms = [...seen.values()].map((one) => one.ms ?? Infinity);
  writeFileSync(resultFile, JSON.stringify({ responses: isAnswered ? ms.length : 0, ms }));
  follow.kill();
} finally {
  await world.end();
}
process.exit(0);
