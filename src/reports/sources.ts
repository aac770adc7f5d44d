import type { Assistant } from "./shared/assistants.ts";
import { PricedTotals, sumBy } from "../pricing/costs.ts";
import { wrapItems, wrapWords } from "./shared/truncate.ts";
import type { ReportContext, ReportQuery } from "./shared/report.ts";
import { dollars, unpricedNotes } from "./shared/usage/result.ts";
import { agoOf, isoOrNull, stampOf } from "./shared/when.ts";
import type { SkippedRow, StoredFile, UnrecordedRow } from "../ledger/rows.ts";
import { isNewerVersion } from "../model/version.ts";
import { bytesText, count, money } from "../render/format.ts";
import type { Cell, Column } from "../render/table.ts";
import { clean, type Style } from "../utils/terminal.ts";
import type { Report } from "./contract.ts";

const COLUMNS: readonly Column[] = [
  { name: "Assistant", kind: "text", priority: 99 },
  { name: "Found in", kind: "text", priority: 20, shorten: true },
  { name: "Files", kind: "integer", priority: 50 },
  { name: "Bytes", kind: "integer", priority: 40 },
  { name: "Newest response", kind: "text", priority: 60 },
  { name: "Version", kind: "text", priority: 30 },
  { name: "Tested", kind: "text", priority: 10 },
  { name: "Responses", kind: "integer", priority: 70 },
  { name: "Tokens", kind: "integer", priority: 80 },
  { name: "Cost", kind: "money", priority: 90 },
  { name: "Not recorded", kind: "integer", priority: 75 },
  { name: "Not counted", kind: "integer", priority: 35 },
  { name: "Never told", kind: "text", priority: 5, shorten: true },
];

/** A directory, or a single file, in which files were found; `path` is null for directories that are no longer read. */
interface Folder {
  readonly path: string | null;
  readonly shown: string;
  readonly files: number;
  readonly bytes: number;
}

/** One assistant: its files and newest response of all time, all other numbers within the range. */
interface AssistantEntry {
  readonly assistant: Assistant;
  readonly folders: readonly Folder[];
  readonly files: number;
  readonly bytes: number;
  /** Epoch milliseconds. */
  readonly newest: number | null;
  /** The version that the newest session reports. */
  readonly version: string | null;
  readonly sum: PricedTotals;
  readonly unrecorded: readonly UnrecordedRow[];
  readonly skipped: readonly SkippedRow[];
}

/** The supported assistants: their files, where they were found, the newest response, usage, and what is not recorded. */
export const sources: Report = {
  name: "sources",
  description: "each assistant: its files, newest response and usage; what it does not record, and why",
  needsActivity: true,
  async run(query, context) {
    const { zone, now, since, until } = query;
    const { filter, intervals } = query;
    const rows = await context.queries.usage(filter, intervals, ["source"]);
    const usage = sumBy(rows, context.costs, ({ source }) => source);
    const all = await assistantEntries(query, context, usage.sums);
    const isFound = ({ files, newest, unrecorded }: AssistantEntry): boolean =>
      files > 0 || newest !== null || unrecorded.length > 0;
    const found = all.filter(isFound);
    const missing = all.filter((one) => !isFound(one)).map(({ assistant }) => assistant);
    const { all: total } = usage;
    const sumOf = (of: (one: AssistantEntry) => number): number => found.reduce((sum, one) => sum + of(one), 0);
    const totals = {
      files: sumOf(({ files }) => files),
      bytes: sumOf(({ bytes }) => bytes),
      unrecorded: sumOf(unrecordedOf),
      skipped: sumOf(skippedOf),
    };
    return {
      columns: COLUMNS,
      rows: found.map((one) => cells(one, zone)),
      ...(found.length > 0 && {
        totals: [
          "Total",
          null,
          totals.files,
          totals.bytes,
          null,
          null,
          null,
          total.responses,
          total.total,
          total.cost,
          totals.unrecorded,
          totals.skipped,
          null,
        ],
      }),
      empty: "No files of any assistant were found.",
      notes: [
        ...(missing.length > 0 && found.length > 0
          ? [`No files found for: ${missing.map(({ title }) => title).join(", ")}.`]
          : []),
        ...(found.length > 0 && (since !== null || until !== null)
          ? ["Responses, tokens and costs, recorded or not, are within the range; all other columns cover all time."]
          : []),
        ...unpricedNotes(total, context.costs),
      ],
      ...(found.length > 0 && {
        draw: (style: Style, width: number) =>
          found.flatMap((one, at) => [...(at > 0 ? [""] : []), ...lines(one, zone, now, style, width)]),
      }),
      json: {
        sources: found.map(jsonOf),
        nothingFound: missing.map((one) => ({
          source: one.name,
          title: one.title,
          lookedIn: one.roots.map(({ path }) => path),
        })),
        totals: {
          files: totals.files,
          bytes: totals.bytes,
          ...usageJson(total),
          notRecorded: totals.unrecorded,
          notCounted: totals.skipped,
        },
      },
    };
  },
};

/** All assistants, those of the registry first; others are in the ledger from a version that read them. */
async function assistantEntries(
  { filter }: ReportQuery,
  { queries, assistants }: ReportContext,
  sums: ReadonlyMap<string, PricedTotals>,
): Promise<AssistantEntry[]> {
  const files = Map.groupBy(await queries.stored(), ({ source }) => source);
  const unrecorded = Map.groupBy(await queries.unrecorded(filter), ({ source }) => source);
  const skipped = Map.groupBy(await queries.skipped(), ({ source }) => source);
  const [newest, versions] = [await queries.newest(), await queries.versions()];
  const unregistered = new Set([...files.keys(), ...newest.keys()]);
  for (const { name } of assistants) unregistered.delete(name);
  return [...assistants, ...Array.from(unregistered, unknownAssistant)]
    .filter(({ name }) => filter.source === undefined || filter.source === name)
    .map((assistant): AssistantEntry => {
      const { name } = assistant;
      const ownFiles = files.get(name) ?? [];
      return {
        assistant,
        folders: foldersOf(ownFiles, assistant),
        files: ownFiles.length,
        bytes: ownFiles.reduce((sum, { size }) => sum + size, 0),
        newest: newest.get(name) ?? null,
        version: versions.get(name) ?? null,
        sum: sums.get(name) ?? new PricedTotals(),
        unrecorded: unrecorded.get(name) ?? [],
        skipped: skipped.get(name) ?? [],
      };
    });
}

const unknownAssistant = (name: string): Assistant => ({ name, title: name, tested: null, gaps: [], roots: [] });

/** The directories that hold the files, most files first. */
function foldersOf(files: readonly StoredFile[], { roots }: Assistant): Folder[] {
  const rootOf = (path: string) => roots.find((root) => path === root.path || path.startsWith(`${root.path}/`));
  return [...Map.groupBy(files, ({ path }) => rootOf(path))]
    .map(([root, some]) => ({
      path: root?.path ?? null,
      shown: root?.shown ?? "elsewhere",
      files: some.length,
      bytes: some.reduce((sum, { size }) => sum + size, 0),
    }))
    .toSorted((a, b) => b.files - a.files || (a.shown < b.shown ? -1 : 1));
}

const unrecordedOf = ({ unrecorded }: AssistantEntry): number =>
  unrecorded.reduce((sum, { responses }) => sum + responses, 0);
const skippedOf = ({ skipped }: AssistantEntry): number => skipped.reduce((sum, { places }) => sum + places, 0);

/** Whether the usage is unknown: a dash is shown, since 0 would be wrong. */
const isUnknown = ({ sum, unrecorded }: AssistantEntry): boolean => sum.responses === 0 && unrecorded.length > 0;

const shownIn = ({ folders }: AssistantEntry): string => folders.map(({ shown }) => shown).join(", ");

function cells(one: AssistantEntry, zone: string): Cell[] {
  const { assistant, files, bytes, newest, version, sum } = one;
  return [
    assistant.title,
    shownIn(one),
    files,
    bytes,
    newest === null ? null : stampOf(zone, newest),
    version,
    assistant.tested,
    ...(isUnknown(one) ? [null, null, null] : [sum.responses, sum.total, sum.cost]),
    unrecordedOf(one),
    skippedOf(one),
    assistant.gaps.map(({ what }) => what).join(", "),
  ];
}

function lines(one: AssistantEntry, zone: string, now: number, style: Style, width: number): string[] {
  const { assistant, files, bytes, newest, sum } = one;
  const quiet = (text: string): string => style.paint("quiet", text);
  const newestText =
    newest === null ? "no response yet" : `newest response ${stampOf(zone, newest)}, ${agoOf(newest, now)}`;
  const cost = sum.cost === null ? "no price" : money(sum.cost);
  const used = [`${count(sum.responses)} responses`, `${count(sum.total)} tokens`, cost];
  const missing = one.unrecorded.map(({ name, responses }) => `${name} ${count(responses)}`).join(", ");
  const places = skippedOf(one);
  return [
    ...wrapItems(
      [style.paint("name", clean(assistant.title)), ...(shownIn(one) ? [clean(shownIn(one), 500)] : [])],
      width,
      2,
      style,
    ),
    ...wrapItems(
      [`  ${count(files)} ${files === 1 ? "file" : "files"}, ${bytesText(bytes)}`, newestText, ...versionText(one)],
      width,
      2,
      style,
    ),
    ...wrapItems(isUnknown(one) ? ["  tokens not recorded"] : [`  ${used[0]}`, ...used.slice(1)], width, 2, style),
    ...(missing === "" ? [] : wrapWords(`responses not recorded: ${clean(missing, 500)}`, width, 2)),
    ...(places === 0
      ? []
      : wrapWords(
          `not counted: ${count(places)} ${places === 1 ? "place" : "places"}, listed by pawprint scan --explain`,
          width,
          2,
        )),
    ...assistant.gaps.flatMap(({ what, why }) => wrapWords(`not recorded: ${what}: ${why}`, width, 2)).map(quiet),
  ];
}

function versionText({ version, assistant: { tested } }: AssistantEntry): string[] {
  if (version === null) return [];
  const isNewer = tested !== null && isNewerVersion(version, tested);
  return [`version ${clean(version, 60)}${isNewer ? `, newer than the tested ${tested}` : ""}`];
}

function jsonOf(one: AssistantEntry) {
  const { assistant, folders, files, bytes, newest, version, sum, unrecorded, skipped } = one;
  return {
    source: assistant.name,
    title: assistant.title,
    folders: folders.map((folder) => ({ path: folder.path, files: folder.files, bytes: folder.bytes })),
    files,
    bytes,
    newestResponse: isoOrNull(newest),
    version,
    testedVersion: assistant.tested,
    ...(isUnknown(one) ? { responses: null, totalTokens: null, totalCost: null, unpricedTokens: 0 } : usageJson(sum)),
    notRecorded: unrecorded.map(({ name, responses }) => ({ reason: name, responses })),
    notCounted: skipped.map(({ reason, files, places }) => ({ reason, files, places })),
    gaps: assistant.gaps.map(({ what, why }) => ({ what, why })),
  };
}

const usageJson = (sum: PricedTotals) => ({
  responses: sum.responses,
  totalTokens: sum.total,
  totalCost: dollars(sum.cost),
  unpricedTokens: sum.unpriced.values().reduce((tokens, one) => tokens + one, 0),
});
