import { existsSync, readdirSync, readFileSync } from "node:fs";
import { contextClassOf, costOf, microsOf, PriceTable } from "../../../src/model/price.ts";
import { promptOf, type Tokens } from "../../../src/model/tokens.ts";
import type { Checks } from "./checks.ts";
import { at, type World } from "./world.ts";

type Counts = Record<string, unknown>;

/** Token counts of one request to one model in the API's form; odd numbers make rounding errors visible. */
const request = (input: number, read: number, fiveMinutes: number, hour: number): Counts => ({
  input_tokens: input,
  output_tokens: 41,
  cache_creation_input_tokens: fiveMinutes + hour,
  cache_read_input_tokens: read,
  cache_creation: { ephemeral_5m_input_tokens: fiveMinutes, ephemeral_1h_input_tokens: hour },
});
const short = request(1_001, 24_007, 1_000, 503);
const half = { type: "message", ...request(3_001, 60_001, 5_003, 1_001) };
const both = request(6_002, 120_002, 10_006, 2_002);

/** Token counts that the stand-in reports, by what they check. */
const usages: Readonly<Record<string, Counts>> = {
  "cached for 5 m and 1 h": short,
  "prompt of 138k": { ...both, output_tokens: 82 },
  "prompt of 800k": request(11, 800_003, 7, 0),
  "two prompts of 69k in one response": { ...both, output_tokens: 82, iterations: [half, half] },
  "fast, in the US, with web searches": {
    ...short,
    speed: "fast",
    inference_geo: "us",
    server_tool_use: { web_search_requests: 3, web_fetch_requests: 1 },
  },
  "with an advisor": {
    ...short,
    inference_geo: "us",
    iterations: [
      { type: "message", ...short },
      { type: "advisor_message", model: "claude-fable-5-2", ...request(5_003, 1, 7, 9) },
    ],
  },
};

/** Checks for every model that Claude Code lists that our cost of its transcript equals its own, to the micro-dollar. */
export async function checkPrices(checks: Checks, world: World): Promise<void> {
  const models = await modelsOf(world);
  checks.check("Claude Code lists its models", models.length >= 4, models.join(" "));
  for (const model of models)
    for (const [what, usage] of Object.entries(usages)) {
      world.standIn.usage = usage;
      await checkRun(checks, world, model, what);
    }
  if (models[0]) await checkRun(checks, world, `${models[0]}[1m]`, "as 1M");
}

/** The models that `list_models` resolves to, without duplicates. */
async function modelsOf(world: World): Promise<string[]> {
  const args = ["-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"];
  const child = Bun.spawn(["claude", "--safe-mode", "--no-session-persistence", ...args], {
    cwd: world.user.project,
    env: world.env,
    stdin: new Blob([
      `${JSON.stringify({ type: "control_request", request_id: "1", request: { subtype: "list_models" } })}\n`,
    ]),
    stderr: "ignore",
    timeout: 30_000,
  });
  const lines = (await child.stdout.text()).split("\n");
  const answer = lines.find((line) => line.includes('"control_response"'));
  const models = at(JSON.parse(answer ?? "null"), "response", "response", "models");
  return [...new Set(Array.isArray(models) ? models.map((one) => String(at(one, "resolvedModel"))) : [])];
}

async function checkRun(checks: Checks, world: World, model: string, what: string): Promise<void> {
  const { project } = world.user;
  const command = ["claude", "-p", "hello plan:bash", "--model", model, "--output-format", "json"];
  const run = await world.run(command, project);
  const result: unknown = run.status === 0 ? JSON.parse(run.out) : null;
  const costs = costsOf(transcriptOf(world, String(at(result, "session_id"))));
  const ours = [...costs].map(([name, pico]) => [name, pico === null ? null : microsOf(pico)]);
  const total = microsOf([...costs.values()].reduce<bigint>((sum, pico) => sum + (pico ?? 0n), 0n));
  const used = Object.entries(at(result, "modelUsage") ?? {});
  const reportedCosts = used.map(([name, one]) => [name.replace("[1m]", ""), micros(at(one, "costUSD"))]);
  checks.same(
    `${model}, ${what}: micro-dollars by model and in total`,
    run.status === 0 ? { ...Object.fromEntries(ours), total } : run,
    { ...Object.fromEntries(reportedCosts), total: micros(at(result, "total_cost_usd")) },
  );
}

const micros = (usd: unknown): number => Math.round(Number(usd) * 1e6);

/** The lines of a session's transcript. */
function transcriptOf(world: World, session: string): unknown[] {
  const folder = `${world.user.home}/.claude/projects`;
  if (!existsSync(folder)) return [];
  const file = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((name) =>
    name.endsWith(`/${session}.jsonl`),
  );
  if (!file) return [];
  const lines = readFileSync(`${folder}/${file}`, "utf8").split("\n").filter(Boolean);
  return lines.map((line): unknown => JSON.parse(line));
}

/** Pico-dollars by model of all responses in a transcript; null for a model without a price. Parsed as simply as possible. */
function costsOf(lines: readonly unknown[]): Map<string, bigint | null> {
  const table = new PriceTable();
  const costs = new Map<string, bigint | null>();
  const responses = new Map(
    lines
      .filter((line) => at(line, "type") === "assistant")
      // Later lines of a response never have smaller counts.
      .map((line) => [at(line, "message", "id"), line]),
  );
  for (const line of responses.values()) {
    const model = String(at(line, "message", "model"));
    const usage = at(line, "message", "usage");
    const time = Date.parse(String(at(line, "timestamp")));
    const region = String(at(usage, "inference_geo"));
    const add = (name: string, counts: unknown, speed: string, searches: number): void => {
      const tokens = tokensOf(counts);
      const variant = { speed, tier: "standard", region, long: contextClassOf(promptOf(tokens), name) };
      const price = table.priceOf(name, time, variant);
      const before = costs.get(name) ?? 0n;
      costs.set(name, price === null ? null : before + costOf(tokens, searches, price));
    };
    const iterations = at(usage, "iterations");
    const parts: unknown[] = Array.isArray(iterations) ? iterations : [];
    const own = parts.filter((part) => at(part, "type") === "message");
    const speed = String(at(usage, "speed"));
    const searches = count(usage, "server_tool_use", "web_search_requests");
    for (const [index, part] of (own.length > 0 ? own : [usage]).entries())
      add(model, part, speed, index === 0 ? searches : 0);
    // An advisor's tokens are not included in those of the response, and are never in fast mode.
    for (const part of parts)
      if (at(part, "type") === "advisor_message") add(String(at(part, "model")), part, "standard", 0);
  }
  return costs;
}

const count = (value: unknown, ...keys: string[]): number => Number(at(value, ...keys) ?? 0);

function tokensOf(counts: unknown): Tokens {
  const cacheWrite1h = count(counts, "cache_creation", "ephemeral_1h_input_tokens");
  return {
    input: count(counts, "input_tokens"),
    output: count(counts, "output_tokens"),
    cacheWrite5m: count(counts, "cache_creation_input_tokens") - cacheWrite1h,
    cacheWrite1h,
    cacheRead: count(counts, "cache_read_input_tokens"),
  };
}
