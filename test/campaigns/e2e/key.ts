import { type Checks, until } from "./checks.ts";
import { processesWith } from "./machine.ts";
import { at, type World } from "./world.ts";

/** A user with an API key and no login: Claude Code knows no limits, and records are made from the statusline's stdin. */
export async function checkKeyOnly(checks: Checks, world: World): Promise<void> {
  const screen = world.openClaude();
  const row = await screen.row(30_000, "=^", "Opus 5.5");
  checks.check("with an API key only claude shows the line", row !== null, row?.trim() ?? "");
  if (row === null) checks.note((await screen.lines()).join("\n").trim());
  const records = await until(40_000, () => (world.usage("statusline").length >= 3 ? world.usage("statusline") : null));
  checks.check(
    "a usage record with source statusline is written in every interval",
    records !== null,
    `${world.usage("statusline").length} records`,
  );
  checks.same("none has limits of the control protocol", world.usage("control").length, 0);
  const cost = at(records?.at(-1), "statusline", "cost", "total_cost_usd");
  checks.check("they contain the statusline's input", typeof cost === "number", { total_cost_usd: cost });
  const wrong = world.log("usage").filter(({ problem }) => problem !== null);
  checks.check("they match their schema", wrong.length === 0, wrong[0] ?? "");
  const asked = world.starts.filter(({ args }) => args.includes("stream-json")).length;
  checks.check("Claude Code is not asked in every interval", asked <= 2, `asked ${asked} times`);
  await screen.submit("/exit");
  checks.same("claude ends", await screen.ended(20_000), 0);
  const gone = await until(30_000, () => processesWith(world.root).length === 0);
  checks.check("no process is left", gone !== null, processesWith(world.root));
  checks.same("the stand-in received no request", world.standIn.requests.length, 0);
}
