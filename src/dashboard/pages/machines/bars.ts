import type { Bar } from "../../charts/stacks.ts";

/** A bar of one part; `total` is null where nothing is known. */
export const plainBar = (
  label: string,
  total: number | null,
  rest: Pick<Bar, "text" | "mark"> & { readonly isOpen?: boolean },
): Bar => ({
  isOpen: false,
  ...rest,
  label,
  total,
  pieces:
    total === null || total === 0
      ? []
      : [{ part: { key: "", name: "", colour: 0 }, value: total, from: 0, to: total, row: 0 }],
});
