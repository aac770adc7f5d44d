// Opens the page in a real browser: bun run page:browser [--help].
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { messageOf } from "../../../src/utils/errors.ts";
import { Checks } from "../e2e/checks.ts";
import { endProcessesWith } from "../e2e/machine.ts";
import { PageBrowser } from "./browser.ts";
import { installChromium } from "./install-chromium.ts";
import { parts } from "./parts.ts";

const HELP = `bun run page:browser: opens the page of hubs and of a machine in a real browser

  --only NAMES     some of: ${parts.map(({ name }) => name).join(", ")}; separated by commas
  --pictures DIR   where to write a picture of each page
  --seconds N      how long 50 events a second are sent (10)
  --minutes N      how long 1,000 sessions an hour are sent, while the memory of browser and hub is measured (0: left out)`;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    pictures: { type: "string" },
    seconds: { type: "string", default: "10" },
    minutes: { type: "string", default: "0" },
    help: { type: "boolean" },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const REPOSITORY = resolve(import.meta.dir, "../../..");
const checks = new Checks();
const folder = realpathSync(mkdtempSync(join(tmpdir(), "pawprint-page-")));
const only = values.only?.split(",");
const pictures = values.pictures === undefined ? null : resolve(values.pictures);

function chromium(): string | null {
  try {
    return installChromium((line) => checks.note(line));
  } catch (error) {
    checks.note(`left out: no browser: ${messageOf(error)}`);
    return null;
  }
}

async function main(program: string): Promise<void> {
  const build = Bun.spawnSync([process.execPath, "run", "build"], { cwd: REPOSITORY, stderr: "pipe" });
  if (!build.success) throw new Error(build.stderr.toString());
  const cli = join(REPOSITORY, "dist/cli.js");
  if (pictures !== null) mkdirSync(pictures, { recursive: true });
  await using browser = await PageBrowser.open(program);
  checks.note(`Chromium ${browser.version}`);
  const given = {
    checks,
    browser,
    cli,
    folder,
    pictures,
    seconds: Number(values.seconds),
    minutes: Number(values.minutes),
  };
  for (const { name, about, run } of parts) {
    if (only !== undefined && !only.includes(name)) continue;
    checks.section(about);
    try {
      await run(given);
    } catch (error) {
      checks.check(
        `${name} runs to its end`,
        false,
        error instanceof Error ? (error.stack ?? error.message) : messageOf(error),
      );
    }
  }
}

function finish(status?: number): never {
  endProcessesWith(folder);
  rmSync(folder, { recursive: true, force: true });
  console.log(`${checks.passed} passed, ${checks.failed} failed`);
  process.exit(status ?? (checks.failed === 0 ? 0 : 1));
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => finish(130));
const program = chromium();
if (program !== null) await main(program);
finish();
