// Draws the pictures of the README from the sample ledger of the tests, with the real program in a pseudo-terminal:
// bun test/campaigns/pictures.ts. The picture of the line comes from the end-to-end test (PAWPRINT_PICTURE).
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { ISOLATED } from "../../src/utils/paths.ts";
import { clockAt, entryPath } from "../entry-points/program.ts";
import { sampleFindings } from "../reports/render-text.ts";
import { NOW, sampleLog, ZONE } from "../reports/sample.ts";
import { sampleObservations } from "../reports/sample-work.ts";
import { screenPicture } from "./e2e/picture.ts";
import { Screen } from "./e2e/screen.ts";

const COLUMNS = 100;
const pictures = join(import.meta.dir, "../../.github");
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
    const entries = prepare(ledger.machine, "claude-code", sampleObservations());
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
  for (const [name, rows, last] of [
    ["overview", 40, "open findings"],
    ["live", 28, "q"],
  ] as const) {
    const screen = new Screen([process.execPath, ...ISOLATED, entryPath("cli"), name], {
      cwd: home,
      env,
      columns: COLUMNS,
      rows,
    });
    if ((await screen.row(20_000, last)) === null) throw new Error(`${name} did not show "${last}"`);
    await Bun.sleep(1_500);
    writeFileSync(join(pictures, `${name}.svg`), await screenPicture(screen, COLUMNS));
    screen.close();
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
