import { ISOLATED } from "../../../src/utils/paths.ts";
import type { Checks } from "./checks.ts";
import type { World } from "./world.ts";

/** Number of answers in the session's turn, and the tokens that the stand-in reports for each. */
const ANSWERS = 4;
const EACH = { inputTokens: 900, outputTokens: 40, cacheCreationTokens: 1_500, cacheReadTokens: 24_000 };
const TOTAL = ANSWERS * (900 + 40 + 1_500 + 24_000);

/** Checks that the turn of the session is in the ledger once, and that records, reports and verify agree on it. */
export async function checkLedger(checks: Checks, world: World, cli: string): Promise<void> {
  const had = world.standIn.requests.length;
  const ask = async (...args: string[]): Promise<unknown> => {
    const run = await world.run([process.execPath, ...ISOLATED, cli, ...args, "--json"], world.user.project);
    if (!checks.check(`pawprint ${args.join(" ")} exits 0`, run.status === 0, run.status === 0 ? "" : run)) return {};
    return JSON.parse(run.out);
  };
  const recordedTokens = world
    .usage("control")
    .map(({ usage_data: data }) => (data as { total_tokens?: number }).total_tokens);
  const sum = recordedTokens.reduce<number>((all, tokens) => all + (tokens ?? 0), 0);
  checks.same("the usage records contain every token of the turn once", sum, TOTAL);

  const daily = (await ask("daily")) as { totals?: Record<string, number> };
  const found = Object.keys(EACH).map((name) => daily.totals?.[name]);
  checks.same(
    "daily contains the tokens of the four answers",
    found,
    Object.values(EACH).map((tokens) => tokens * ANSWERS),
  );
  const tools = (await ask("tools")) as { tools?: { name: string; uses: number }[] };
  checks.same(
    "tools lists the tools of the session",
    tools.tools?.map(({ name, uses }) => `${name} ${uses}`).toSorted((a, b) => (a < b ? -1 : 1)),
    ["Bash 1", "Edit 1", "Write 1"],
  );
  const files = (await ask("files")) as { files?: { linesAdded: number; linesRemoved: number }[] };
  checks.same(
    "files lists its changed lines",
    files.files?.map(({ linesAdded, linesRemoved }) => [linesAdded, linesRemoved]),
    [[3, 1]],
  );
  const verdict = (await ask("verify")) as { differences?: unknown[]; wrongSums?: unknown[]; ownTotals?: unknown[] };
  checks.same("verify finds no difference", [verdict.differences, verdict.wrongSums], [[], []]);
  checks.note(`totals written by the session: ${JSON.stringify(verdict.ownTotals).slice(0, 400)}`);
  checks.same("none of this sent a request to the stand-in", world.standIn.requests.length - had, 0);
}
