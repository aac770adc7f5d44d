import { expect, test } from "bun:test";
import { join } from "node:path";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import { FOREVER } from "../../src/model/calendar.ts";
import { folder } from "./dump.ts";
import { queriesOf } from "./queries.ts";
import { NOON, plainResponse, type SourceObservation } from "./sample.ts";
import { ingest } from "./take.ts";

const WHOLE = { from: 0, to: FOREVER };

test("a snapshot of a ledger stays as it is while another process writes, and keeps no writer waiting", () => {
  using place = folder();
  const path = join(place.path, "ledger.db");
  using reader = new Ledger(path, () => "here");
  using writer = new Ledger(path, () => "here", { busyMs: 0 });
  const response = (id: string): SourceObservation => ({
    source: "claude-code",
    reader: 1,
    observation: { kind: "response", key: `response:${id}`, body: { ...plainResponse, at: NOON } },
  });
  const hour = { ...WHOLE, offsetMs: 3_600_000 };
  const responses = (): number =>
    queriesOf(reader)
      .usage(WHOLE, [hour])
      .reduce((sum, row) => sum + row.responses, 0);
  ingest(writer, [response("a")]);
  {
    using _ = reader.snapshot();
    // Sums by day would have to be written.
    reader.keepDays([hour]);
    ingest(writer, [response("b")]);
    expect(responses()).toBe(1);
    ingest(writer, [response("c")]);
    expect(responses()).toBe(1);
  }
  expect(responses()).toBe(3);
});
