// Draws the pictures of the page for the README from two months of generated work of a team: bun test/campaigns/page/readme-pictures.ts
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { systemClock } from "../../../src/utils/clock.ts";
import { Home } from "../hub-bench/home.ts";
import { PageBrowser } from "./browser.ts";
import { installChromium } from "./install-chromium.ts";
import { team } from "./plans.ts";
import { HubWorld } from "./world.ts";

const REPOSITORY = resolve(import.meta.dir, "../../..");
const HOUR_MS = 3_600_000;
/** The session that is shown began within a working day, and has ended. */
const SESSION_AGE_MS = 30 * HOUR_MS;

/** A picture of what a window shows; light, and dark where the README has both. */
const drawn: readonly (readonly [name: string, path: string, schemes: readonly ("light" | "dark")[]])[] = [
  ["now", "/", ["light", "dark"]],
  ["usage", "/usage?by=project", ["light"]],
  ["machines", "/machines", ["light"]],
  ["sessions", "/sessions", ["light"]],
];

const folder = realpathSync(mkdtempSync(join(tmpdir(), "pawprint-pictures-")));
try {
  const build = Bun.spawnSync([process.execPath, "run", "build"], { cwd: REPOSITORY, stderr: "pipe" });
  if (!build.success) throw new Error(build.stderr.toString());
  await using browser = await PageBrowser.open(installChromium((line) => console.log(line)));
  const home = new Home(join(REPOSITORY, "dist/cli.js"), folder, "home");
  writeFileSync(join(home.home, ".claude/pets/.env"), "PET_MACHINE=hub\n", { mode: 0o600 });
  const now = systemClock.now();
  await using world = await HubWorld.open(home, team(now));
  const listed = JSON.parse(await world.answer("activity?sort=totalCost&limit=40", "json")) as {
    sessions: { sessionId: string; start: string; source: string }[];
  };
  const session = listed.sessions.find(
    ({ start, source }) => source === "claude-code" && now - Date.parse(start) > SESSION_AGE_MS,
  );
  for (const [name, path, schemes] of [
    ...drawn,
    ["session", `/sessions/${session?.sessionId ?? ""}`, ["light"]] as const,
  ])
    for (const scheme of schemes) {
      await using tab = await world.tab(browser, { width: 1_280, scheme });
      await tab.goto(path);
      const file = join(REPOSITORY, `.github/pictures/page-${name}-${scheme}.png`);
      await tab.page.screenshot({ path: file, animations: "disabled" });
      console.log(file);
    }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
