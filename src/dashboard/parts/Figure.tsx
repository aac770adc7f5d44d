import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { param } from "../client/location.ts";

/** A chart, and the table with the same numbers: one click, or a screen reader, away. With `table` in the address all charts are tables. */
export function Figure({
  label,
  children,
  legend,
  table,
  isInteractive = false,
}: {
  /** What the chart shows, in one sentence. */
  label: string;
  children: ComponentChildren;
  /** Which colour is whose, with numbers that a screen reader reads. */
  legend?: ComponentChildren;
  table: ComponentChildren;
  /** The chart takes the focus and says its numbers itself. */
  isInteractive?: boolean;
}) {
  const [isOpen, setOpen] = useState(false);
  if (param("table") !== null) return <figure aria-label={label}>{table}</figure>;
  return (
    <figure aria-label={label}>
      <div class={isOpen ? "none" : ""} {...(!isInteractive && { role: "img", "aria-label": label })}>
        {children}
      </div>
      {legend}
      <details class="as-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>As a table</summary>
        {isOpen && table}
      </details>
    </figure>
  );
}

/** Which colour (0 to 7) is whose; `children` are marks that are no colour. */
export function Legend({
  colours,
  children,
}: {
  colours: readonly (readonly [colour: number, text: ComponentChildren])[];
  children?: ComponentChildren;
}) {
  return (
    <div class="legend">
      {colours.map(([colour, text], at) => (
        <span key={at}>
          <i class={`fill-${colour}`} />
          {text}
        </span>
      ))}
      {children}
    </div>
  );
}
