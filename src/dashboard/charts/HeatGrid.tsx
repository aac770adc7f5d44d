import type { ComponentChildren } from "preact";
import { usePick } from "./usePick.ts";
import { useWidth } from "./useWidth.ts";

const [LEFT, GAP, BOTTOM, ABOVE] = [36, 3, 18, 4];
/** The least distance of two names of columns, CSS pixels. */
const LEAST_NAME = 28;

/** Cells in rows and columns, darker for larger values; a sentence below says the numbers of the one that is pointed at or chosen by arrow keys. */
export function HeatGrid(props: {
  readonly label: string;
  /** Names of the rows; an empty one is not written. */
  readonly rows: readonly string[];
  /** Names of the columns; an empty one is not written. */
  readonly columns: readonly string[];
  /** By row and column; null for a cell that does not exist. */
  readonly values: readonly (readonly (number | null)[])[];
  /** Height of a row, CSS pixels; cells are never wider than they are high where `isSquare`. */
  readonly height: number;
  readonly isSquare?: boolean;
  /** What a cell says. */
  readonly textOf: (row: number, column: number) => string;
  /** What is said while no cell is chosen. */
  readonly children: ComponentChildren;
  readonly open?: (row: number, column: number) => void;
}) {
  const { label, rows, columns, values, height, isSquare = false, textOf, children, open } = props;
  const [box, width] = useWidth<HTMLDivElement>();
  const wide = Math.max((width - LEFT) / Math.max(columns.length, 1), 0);
  const cell = isSquare ? Math.min(wide, height) : wide;
  const tall = isSquare ? Math.max(Math.min(cell, height), 6) : height;
  const gap = Math.min(GAP, cell / 4);
  const placeIn = (at: number): readonly [row: number, column: number] => [
    Math.floor(at / columns.length),
    at % columns.length,
  ];
  const { at, attributes } = usePick({
    count: rows.length * columns.length,
    columns: columns.length,
    label,
    textOf: (place) => textOf(...placeIn(place)),
    open: (place) => open?.(...placeIn(place)),
    placeOf(x, y) {
      const [row, column] = [Math.floor((y - ABOVE) / tall), Math.floor((x - LEFT) / cell)];
      const isIn = row >= 0 && row < rows.length && column >= 0 && column < columns.length;
      return isIn && (values[row]?.[column] ?? null) !== null ? row * columns.length + column : null;
    },
  });
  const most = Math.max(...values.flat().map((value) => value ?? 0), Number.MIN_VALUE);
  const written = writtenNames(columns, cell);
  const bottom = ABOVE + tall * rows.length;
  const [row, column] = at === null ? [-1, -1] : placeIn(at);
  return (
    <>
      <div ref={box} class={open ? "chart opens" : "chart"} {...attributes}>
        <svg width={width} height={bottom + BOTTOM} viewBox={`0 0 ${width} ${bottom + BOTTOM}`} aria-hidden="true">
          {rows.map((name, index) => (
            <text key={index} x={LEFT - 8} y={ABOVE + tall * (index + 0.5) + 4} text-anchor="end">
              {name}
            </text>
          ))}
          {values.map((cells, index) =>
            cells.map((value, place) =>
              value === null ? null : (
                <rect
                  key={`${index} ${place}`}
                  class={index === row && place === column ? "cell picked" : value > 0 ? "cell some" : "cell"}
                  x={LEFT + cell * place}
                  y={ABOVE + tall * index}
                  width={Math.max(cell - gap, 1)}
                  height={Math.max(tall - gap, 1)}
                  rx={Math.min(3, cell / 4)}
                  // The root, so that small values can be told from none.
                  {...(value > 0 && { "fill-opacity": (0.12 + 0.88 * Math.sqrt(value / most)).toFixed(2) })}
                />
              ),
            ),
          )}
          {columns.map((name, index) =>
            !written.has(index) ? null : (
              <text key={index} x={LEFT + cell * index} y={bottom + BOTTOM - 4}>
                {name}
              </text>
            ),
          )}
        </svg>
      </div>
      <p class="soft said">{at === null ? children : textOf(row, column)}</p>
    </>
  );
}

/** The places of the names that are written: each as far from the one before it as a name is long. */
function writtenNames(columns: readonly string[], cell: number): ReadonlySet<number> {
  const written = new Set<number>();
  let from = 0;
  for (const [at, name] of columns.entries()) {
    if (name === "" || at * cell < from) continue;
    written.add(at);
    from = at * cell + LEAST_NAME;
  }
  return written;
}
