import { afterAll, describe, expect, test } from "bun:test";
import { sources } from "../../src/reports/sources.ts";
import { runReport, golden, fullContext } from "./harness.ts";
import { ledgerOf, severalLedger } from "./sample.ts";

interface Source {
  readonly source: string;
  readonly folders: readonly { readonly path: string | null; readonly files: number }[];
  readonly files: number;
  readonly bytes: number;
  readonly newestResponse: string | null;
  readonly version: string | null;
  readonly testedVersion: string | null;
  readonly responses: number | null;
  readonly totalTokens: number | null;
  readonly totalCost: number | null;
  readonly notRecorded: readonly unknown[];
  readonly notCounted: readonly unknown[];
  readonly gaps: readonly { readonly what: string }[];
}
interface Json {
  readonly sources: readonly Source[];
  readonly nothingFound: readonly { readonly source: string; readonly lookedIn: readonly string[] }[];
}

const several = severalLedger();
afterAll(() => several[Symbol.dispose]());
const runSeveral = async (options: Parameters<typeof runReport>[1] = {}): Promise<Json> =>
  (await runReport(sources, options, fullContext(several), several)).json as Json;

describe("sources", () => {
  golden(sources, "sources-several", {}, several);

  test("files are counted by directory, including directories that are no longer read", async () => {
    const codex = (await runSeveral()).sources.find(({ source }) => source === "codex");
    expect(codex).toMatchObject({
      folders: [
        { path: "/home/ada/.codex/sessions", files: 2 },
        { path: null, files: 1 },
        { path: "/home/ada/.codex/archived_sessions", files: 1 },
      ],
      files: 4,
      bytes: 201_509,
      newestResponse: "2026-11-20T07:48:00.000Z",
      version: "0.171.0",
      testedVersion: "0.169.0",
      responses: 18,
      totalTokens: 335_325,
      notRecorded: [
        { reason: "interrupted", responses: 8 },
        { reason: "failed", responses: 1 },
      ],
      notCounted: [{ reason: "unknown_format", files: 1, places: 1 }],
    });
    expect(codex?.gaps.map(({ what }) => what)).toEqual(["interrupted responses", "titles"]);
  });

  test("an assistant that records no usage has null, not 0", async () => {
    const json = await runSeveral();
    expect(json.sources.find(({ source }) => source === "cursor")).toMatchObject({
      newestResponse: null,
      responses: null,
      totalTokens: null,
      totalCost: null,
      notRecorded: [{ reason: "turn", responses: 4 }],
    });
    expect(json.nothingFound).toEqual([
      {
        source: "gemini-cli",
        title: "Gemini CLI",
        lookedIn: ["/home/ada/.gemini/tmp"],
      } as Json["nothingFound"][number],
    ]);
  });

  test("a range filters usage but not files or the newest response, and --source keeps one assistant", async () => {
    const { sources: found, nothingFound } = await runSeveral({
      since: "2026-11-17",
      until: "2026-11-17",
      source: "codex",
    });
    expect(nothingFound).toEqual([]);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ files: 4, newestResponse: "2026-11-20T07:48:00.000Z", responses: 8 });
  });

  test("an empty ledger lists the directories that were searched", async () => {
    using ledger = ledgerOf([]);
    const { rows, empty, json } = await runReport(sources, {}, fullContext(ledger), ledger);
    expect(rows).toEqual([]);
    expect(empty).toBe("No files of any assistant were found.");
    expect((json as Json).nothingFound).toHaveLength(5);
  });
});
