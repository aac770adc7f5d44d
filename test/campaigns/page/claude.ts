// The real claude at work on a machine of the hub, while its page is open.
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { type Checks, until } from "../e2e/checks.ts";
import { claudeVersions, fetchClaude } from "../e2e/claude.ts";
import { lineWith } from "../e2e/line.ts";
import { REPOSITORY, World } from "../e2e/world.ts";
import type { Tab } from "./browser.ts";
import { checkDelays, TokenWatch } from "./live.ts";
import type { HubWorld } from "./world.ts";

/** Prompts that are sent one by one; each is answered by one response. */
const PROMPTS = 4;
/** Tokens of every response besides its input: those of the stand-in for the server. */
const USAGE = { output_tokens: 40, cache_creation_input_tokens: 1_500, cache_read_input_tokens: 24_000 };
const OTHER_TOKENS = 25_540;
/** How long an answer may take, and how often hub.db is read meanwhile, milliseconds. */
const [ANSWER_MS, POLL_MS] = [20_000, 10];

/** Lets the real claude answer some prompts, and measures when each response is on the page. */
export async function checkClaudeLive(checks: Checks, tab: Tab, hub: HubWorld, cli: string): Promise<void> {
  const version = claudeVersions().at(-1) ?? "";
  const program = await fetchClaude((line) => checks.note(line), version);
  const world = new World(program, version, "login", Date.now());
  try {
    world.env["PET_MACHINE"] = "claude";
    const pawprint = [process.execPath, cli];
    await world.run([...pawprint, "install"], REPOSITORY);
    const { command } = JSON.parse(await hub.home.run("invite", "claude", "--local", "--json")) as { command: string };
    const joined = await world.run([...pawprint, ...command.split(" ").slice(1)], REPOSITORY);
    if (!checks.check("a machine with the real claude joins", joined.status === 0, joined.err.trim())) return;
    using database = new Database(join(hub.home.home, ".claude/pets/hub.db"), { readonly: true });
    const follow = Bun.spawn([...pawprint, "sync", "--follow"], {
      cwd: REPOSITORY,
      env: world.env,
      stdio: ["ignore", "ignore", "inherit"],
    });
    try {
      const screen = world.openClaude();
      const isReady = (await lineWith(screen, 30_000, "=^")) !== null;
      if (!checks.check("claude starts with the pet", isReady)) return;
      const watch = await TokenWatch.open(tab);
      const delays: number[] = [];
      for (let prompt = 0; prompt < PROMPTS; prompt++) {
        const input = 901 + prompt;
        world.standIn.usage = { ...USAGE, input_tokens: input };
        await watch.want(input + OTHER_TOKENS);
        await screen.submit(`hello ${prompt}`);
        const commit = await committed(database, input);
        const seen = await watch.appeared(input + OTHER_TOKENS);
        if (commit !== null && seen !== null) delays.push(seen - commit);
        await until(10_000, async () => ((await screen.lines()).join("\n").match(/Purr \d+/g)?.length ?? 0) > prompt);
      }
      checkDelays(checks, "a response of the real claude is on the page", delays, PROMPTS);
    } finally {
      follow.kill();
      await follow.exited;
    }
  } finally {
    await world.end();
  }
}

/** Waits until a response with a number of input tokens is in hub.db; returns when that was, epoch milliseconds, or null. */
async function committed(database: Database, input: number): Promise<number | null> {
  const query = database.query<{ found: number }, [number]>(
    "SELECT EXISTS (SELECT 1 FROM response WHERE input = ?) AS found",
  );
  for (const end = Date.now() + ANSWER_MS; Date.now() < end; await Bun.sleep(POLL_MS))
    if (query.get(input)?.found === 1) return Date.now();
  return null;
}
