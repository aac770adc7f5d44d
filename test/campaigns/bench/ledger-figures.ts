/** A target and a measurement. */
export interface Figure {
  readonly title: string;
  readonly unit: string;
  /** The largest value that meets the target. */
  readonly target: number;
  /** NaN if it could not be measured. */
  readonly measured: number;
  /** How the figure was derived; may be empty. */
  readonly detail: string;
}

const number = (value: number): string => value.toFixed(value < 0.1 ? 3 : value < 10 ? 2 : 1);

/** Formats figures as a table: figure, target, measured, verdict. Timing is printed but never a reason to fail. */
export function figuresText(figures: readonly Figure[]): string {
  const rows = figures.map(({ title, unit, target, measured, detail }) => [
    title,
    `<= ${number(target)} ${unit}`,
    Number.isNaN(measured) ? "not known" : number(measured),
    Number.isNaN(measured) ? "" : measured <= target ? "ok" : "missed",
    detail,
  ]);
  const all = [["figure", "target", "measured", "", ""], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
