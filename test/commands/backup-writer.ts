// Writes a ledger and a log until it is killed: bun backup-writer.ts <ledger> <log directory>
import { Database } from "bun:sqlite";
import { JsonlWriter } from "../../src/monitoring/JsonlWriter.ts";
import { tryLock } from "../../src/utils/lock.ts";

const [ledger = "", logs = ""] = process.argv.slice(2);
const database = new Database(ledger);
database.run("PRAGMA busy_timeout=10000");
const writer = new JsonlWriter(`${logs}/usage.jsonl`, { maxSize: 3_000, maxFiles: 1_000 });
for (let number = 1; ; number++) {
  database
    .transaction(() => {
      for (const name of ["test-a", "test-b"])
        database.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", [name, String(number)]);
    })
    .immediate();
  for (let lock = null; lock === null;) {
    lock = tryLock(`${logs}/.run/worker.lock`);
    if (lock !== null) {
      const record = { id: `r-${number}`, number, timestamp: new Date(number).toISOString(), text: "x".repeat(200) };
      writer.append(record);
      lock.release();
    } else await Bun.sleep(1);
  }
}
