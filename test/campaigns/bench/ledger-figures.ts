/** What was promised and what was measured. */
export interface Figure {
  readonly title: string;
  readonly unit: string;
  /** The most that it may be. */
  readonly target: number;
  /** Not a number where it could not be measured. */
  readonly measured: number;
  /** What the figure was made of; may be empty. */
  readonly detail: string;
}

const number = (value: number): string => value.toFixed(value < 0.1 ? 3 : value < 10 ? 2 : 1);

/** The figures as a table: figure, target, measured, verdict. Timing is told and never a reason to fail. */
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
