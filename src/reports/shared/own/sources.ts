import type { Assistant } from "../assistants.ts";
import { PricedTotals, sumBy } from "../../../pricing/costs.ts";
import { wrapItems, wrapWords } from "../truncate.ts";
import type { ReportContext, ReportQuery, ReportResult } from "../report.ts";
import { unpricedNotes } from "../usage/result.ts";
import { agoOf } from "../when.ts";
import type { SkippedRow, StoredFile, UnrecordedRow } from "../../../ledger/rows.ts";
import { LOG_SOURCE } from "../../../model/log-observation.ts";
import { isNewerVersion } from "../../../model/version.ts";
import { type Column, fieldsOf, headOf, totalFieldsOf } from "../../../render/columns.ts";
import { bytesText, count, money, stampOf } from "../../../render/format.ts";
import { clean, type Style } from "../../../utils/terminal.ts";

/** The columns; `all` is the usage of all assistants. */
const columnsOf = (all: PricedTotals): readonly Column<AssistantEntry>[] => [
  { name: "Assistant", kind: "text", priority: 99, value: ({ assistant }) => assistant.title, field: "title" },
  { name: "Found in", kind: "text", priority: 20, shorten: true, value: shownIn, field: "folders", json: foldersJson },
  { name: "Files", kind: "integer", priority: 50, value: ({ files }) => files, total: "sum", field: "files" },
  { name: "Bytes", kind: "integer", priority: 40, value: ({ bytes }) => bytes, total: "sum", field: "bytes" },
  { name: "Newest response", kind: "time", priority: 60, value: ({ newest }) => newest, field: "newestResponse" },
  { name: "Version", kind: "text", priority: 30, value: ({ version }) => version, field: "version" },
  { name: "Tested", kind: "text", priority: 10, value: ({ assistant }) => assistant.tested, field: "testedVersion" },
  ...usageColumns(all),
  {
    name: "Not recorded",
    kind: "integer",
    priority: 75,
    value: unrecordedOf,
    total: "sum",
    field: "notRecorded",
    json: ({ unrecorded }) => unrecorded.map(({ name, responses }) => ({ reason: name, responses })),
  },
  {
    name: "Not counted",
    kind: "integer",
    priority: 35,
    value: skippedOf,
    total: "sum",
    field: "notCounted",
    json: ({ skipped }) => skipped.map(({ reason, files, places }) => ({ reason, files, places })),
  },
  {
    name: "Gaps",
    kind: "text",
    priority: 5,
    shorten: true,
    value: ({ assistant }) => assistant.gaps.map(({ what }) => what).join(", "),
    field: "gaps",
    json: ({ assistant }) => assistant.gaps.map(({ what, why }) => ({ what, why })),
  },
];

/** The columns of usage within the range. The values are null where the usage is unknown, since 0 would be wrong. */
function usageColumns(all: PricedTotals): readonly Column<AssistantEntry>[] {
  const columns: readonly Column<PricedTotals>[] = [
    { name: "Responses", kind: "integer", priority: 70, value: ({ responses }) => responses, field: "responses" },
    { name: "Tokens", kind: "tokens", priority: 80, value: ({ total }) => total, field: "totalTokens" },
    { name: "Cost", kind: "money", priority: 90, value: ({ cost }) => cost, field: "totalCost" },
    {
      name: "Unpriced",
      kind: "tokens",
      priority: 0,
      isHidden: true,
      value: ({ unpricedTokens }) => unpricedTokens,
      field: "unpricedTokens",
    },
  ];
  return columns.map((column) => ({
    ...headOf(column),
    value: (one) => (isUnknown(one) && !column.isHidden ? null : column.value(one.sum)),
    total: () => column.value(all),
  }));
}

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

/** The assistants on this machine. */
export async function ownSources(query: ReportQuery, context: ReportContext): Promise<ReportResult<AssistantEntry>> {
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
  const columns = columnsOf(total);
  return {
    columns,
    rows: found,
    zone,
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
      draw: (style: Style, width: number, shown: readonly AssistantEntry[]) =>
        shown.flatMap((one, at) => [...(at > 0 ? [""] : []), ...lines(one, zone, now, style, width)]),
    }),
    json: (shown) => ({
      sources: shown.map((one) => ({ source: one.assistant.name, ...fieldsOf(columns, one) })),
      nothingFound: missing.map((one) => ({
        source: one.name,
        title: one.title,
        lookedIn: one.roots.map(({ path }) => path),
      })),
      totals: totalFieldsOf(columns, found),
    }),
  };
}

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
  // A machine that sends its observations to a hub reads its own log too.
  unregistered.delete(LOG_SOURCE);
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

function unrecordedOf({ unrecorded }: AssistantEntry): number {
  return unrecorded.reduce((sum, { responses }) => sum + responses, 0);
}

function skippedOf({ skipped }: AssistantEntry): number {
  return skipped.reduce((sum, { places }) => sum + places, 0);
}

/** Whether the usage is unknown. */
const isUnknown = ({ sum, unrecorded }: AssistantEntry): boolean => sum.responses === 0 && unrecorded.length > 0;

function shownIn({ folders }: AssistantEntry): string {
  return folders.map(({ shown }) => shown).join(", ");
}

function foldersJson({ folders }: AssistantEntry) {
  return folders.map(({ path, files, bytes }) => ({ path, files, bytes }));
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
