import { median, type Series } from "./measure.ts";

/** One row: a name, its cost, and how it compares to a target. Missing figures stay blank. */
export interface Row {
  readonly name: string;
  readonly wallMs?: number;
  readonly cpuMs?: number;
  readonly mib?: number;
  /** Our time divided by its time, pair by pair. */
  readonly wallRatio?: number;
  readonly cpuRatio?: number;
  /** The largest acceptable ratio of wall times. */
  readonly target?: number;
}

const HEADINGS = ["", "wall ms", "cpu ms", "MiB", "wall: ours/its", "target", "", "cpu: ours/its"];

function figure(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "" : value.toFixed(1);
}

function share(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "" : value.toFixed(value < 0.1 ? 3 : 2);
}

/** Whether a value meets its target. */
export function verdict(value: number, target: number): string {
  return value <= target ? "meets" : "misses";
}

/** The row of a series: medians of its runs, and the maximum of memory, because sampling always misses a little. */
export function rowOf(series: Series, against: Pick<Row, "wallRatio" | "cpuRatio" | "target"> = {}): Row {
  return {
    name: series.program.name,
    wallMs: median(series.runs.map((run) => run.wallMs)),
    cpuMs: median(series.runs.map((run) => run.cpuMs)),
    ...(series.peaksMib.length > 0 ? { mib: Math.max(...series.peaksMib) } : {}),
    ...against,
  };
}

function cellsOf(row: Row): string[] {
  const { wallRatio, target } = row;
  const judged = wallRatio !== undefined && target !== undefined;
  return [
    `  ${row.name}`,
    figure(row.wallMs),
    figure(row.cpuMs),
    figure(row.mib),
    share(wallRatio),
    judged ? `<= ${share(target)}` : "",
    judged ? verdict(wallRatio, target) : "",
    share(row.cpuRatio),
  ];
}

/** Formats the table: sections of rows under headings, figures aligned right; a string is a line of its own. */
export function tableText(
  sections: readonly { readonly title: string; readonly rows: readonly (Row | string)[] }[],
): string {
  const lines: (string | string[])[] = [HEADINGS];
  for (const { title, rows } of sections) {
    lines.push("", title, ...rows.map((row) => (typeof row === "string" ? `  ${row}` : cellsOf(row))));
  }
  const widths = HEADINGS.map((_, column) =>
    lines.reduce((most, line) => Math.max(most, typeof line === "string" ? 0 : (line[column] ?? "").length), 0),
  );
  const aligned = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  return lines.map((line) => (typeof line === "string" ? line : aligned(line).trimEnd())).join("\n");
}
