import { ISOLATED } from "../../../src/utils/paths.ts";
import type { Checks } from "./checks.ts";
import type { World } from "./world.ts";

/** What the stand-in says that each of the four answers of the session's turn used. */
const ANSWERS = 4;
const EACH = { inputTokens: 900, outputTokens: 40, cacheCreationTokens: 1_500, cacheReadTokens: 24_000 };
const TOTAL = ANSWERS * (900 + 40 + 1_500 + 24_000);

/** The turn of the session before is in the ledger, once; records, reports and the second reader agree on it. */
export async function proveLedger(checks: Checks, world: World, cli: string): Promise<void> {
  const had = world.standIn.requests.length;
  const ask = async (...words: string[]): Promise<unknown> => {
    const run = await world.run([process.execPath, ...ISOLATED, cli, ...words, "--json"], world.user.project);
    if (!checks.check(`pawprint ${words.join(" ")} exits 0`, run.status === 0, run.status === 0 ? "" : run)) return {};
    return JSON.parse(run.out);
  };
  const told = world.usage("control").map(({ usage_data: data }) => (data as { total_tokens?: number }).total_tokens);
  const sum = told.reduce<number>((all, tokens) => all + (tokens ?? 0), 0);
  checks.same("the usage records hold every token of the turn, once", sum, TOTAL);

  const daily = (await ask("daily")) as { totals?: Record<string, number> };
  const found = Object.keys(EACH).map((name) => daily.totals?.[name]);
  checks.same(
    "daily holds what the four answers used",
    found,
    Object.values(EACH).map((tokens) => tokens * ANSWERS),
  );
  const tools = (await ask("tools")) as { tools?: { name: string; uses: number }[] };
  checks.same(
    "tools names what the session did",
    tools.tools?.map(({ name, uses }) => `${name} ${uses}`).toSorted((a, b) => (a < b ? -1 : 1)),
    ["Bash 1", "Edit 1", "Write 1"],
  );
  const files = (await ask("files")) as { files?: { linesAdded: number; linesRemoved: number }[] };
  checks.same(
    "files has its lines",
    files.files?.map(({ linesAdded, linesRemoved }) => [linesAdded, linesRemoved]),
    [[3, 1]],
  );
  const verdict = (await ask("verify")) as { differences?: unknown[]; wrongSums?: unknown[]; ownTotals?: unknown[] };
  checks.same("the second reader counts the same", [verdict.differences, verdict.wrongSums], [[], []]);
  checks.note(`sums of the session itself: ${JSON.stringify(verdict.ownTotals).slice(0, 400)}`);
  checks.same("all of it asked the stand-in nothing", world.standIn.requests.length - had, 0);
}
