// Draws the pictures of the pages from six weeks of sample work, with the real program in a pseudo-terminal:
// bun test/campaigns/pictures.ts [report ...]. The picture of the line comes from the end-to-end test (PAWPRINT_PICTURE).
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { ISOLATED } from "../../src/utils/paths.ts";
import { clockAt, entryPath } from "../entry-points/program.ts";
import { sampleFindings } from "../reports/render-text.ts";
import { NOW, sampleLog, ZONE } from "../reports/sample.ts";
import { sampleWeeks } from "../reports/sample-weeks.ts";
import { backgrounds, screenPicture } from "./e2e/picture.ts";
import { Screen } from "./e2e/screen.ts";

/** What is drawn: the arguments of pawprint. */
const COMMANDS = ["overview", "daily --last 7d --breakdown", "models", "heatmap", "live"];
/** Columns and rows of the terminals; reports are as long as they are. */
const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 140, rows: 40 },
] as const;
const REPORT_ROWS = 60;
const DEADLINE_MS = 20_000;
/** Time until live has shown its first numbers, milliseconds. */
const LIVE_MS = 3_000;
const wanted = process.argv.slice(2);
const pictures = join(import.meta.dir, "../../.github/pictures");
const home = mkdtempSync(join(tmpdir(), "pawprint-pictures-"));
try {
  const logs = join(home, "logs");
  mkdirSync(logs, { mode: 0o700 });
  for (const [kind, records] of [
    ["usage", sampleLog()],
    ["diagnostics", sampleFindings],
  ] as const) {
    writeFileSync(join(logs, `${kind}.jsonl`), records.map((one) => `${JSON.stringify(one)}\n`).join(""), {
      mode: 0o600,
    });
  }
  const path = join(home, "ledger.db");
  {
    using ledger = new Ledger(path, () => "sample");
    const entries = prepare(ledger.machine, "claude-code", sampleWeeks());
    ledger.ingest({ source: "claude-code", entries, skipped: [], restarted: [], files: [] });
  }
  const env = {
    ...clockAt(NOW).env,
    HOME: home,
    PATH: process.env["PATH"] ?? "",
    TZ: ZONE,
    LANG: "C.UTF-8",
    PET_LEDGER_PATH: path,
    PET_LOG_DIR: logs,
  };
  mkdirSync(pictures, { recursive: true });
  for (const command of COMMANDS) {
    const [name = "", ...options] = command.split(" ");
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const { columns, rows } of SIZES) {
      const isLive = name === "live";
      const screen = new Screen([process.execPath, ...ISOLATED, entryPath("cli"), name, ...options], {
        cwd: home,
        env,
        columns,
        rows: isLive ? rows : REPORT_ROWS,
      });
      if (isLive) await Bun.sleep(LIVE_MS);
      else if ((await screen.ended(DEADLINE_MS)) !== 0) throw new Error(`${command} has not ended`);
      for (const background of backgrounds) {
        const picture = await screenPicture(screen, columns, `pawprint ${command}`, background);
        writeFileSync(join(pictures, `${name}-${columns}-${background}.svg`), picture);
      }
      screen.close();
    }
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
