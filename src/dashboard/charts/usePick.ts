import { useRef, useState } from "preact/hooks";
import { movedPick } from "./moves.ts";

/**
 * One of the items of a chart, picked by pointer or arrow keys, and the attributes of the element that is listened to: for a screen
 * reader a slider, whose value is the text of the item.
 */
export function usePick(options: {
  readonly count: number;
  readonly columns?: number;
  readonly label: string;
  /** The item at a place in the element, CSS pixels; null for none. */
  readonly placeOf: (x: number, y: number) => number | null;
  readonly textOf: (at: number) => string;
  readonly open?: (at: number) => void;
}) {
  const { count, columns = 0, label, placeOf, textOf, open } = options;
  const [picked, setPicked] = useState<number | null>(null);
  /** What was picked before a finger was put down: the first touch shows the numbers, and one of the same item opens it. */
  const touched = useRef<number | null | undefined>(undefined);
  const at = picked !== null && picked < count ? picked : null;
  const follow = (event: PointerEvent & { readonly currentTarget: HTMLElement }): void => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    setPicked(placeOf(event.clientX - left, event.clientY - top));
  };
  const press = (event: PointerEvent & { readonly currentTarget: HTMLElement }): void => {
    touched.current = event.pointerType === "touch" ? at : undefined;
    follow(event);
  };
  return {
    at,
    attributes: {
      role: "slider",
      tabIndex: 0,
      "aria-label": label,
      "aria-valuemin": 0,
      "aria-valuemax": Math.max(count - 1, 0),
      "aria-valuenow": at ?? 0,
      "aria-valuetext": at === null ? "Arrow keys say the numbers" : textOf(at),
      onPointerMove: follow,
      onPointerDown: press,
      onPointerLeave: (event: PointerEvent) => event.pointerType !== "touch" && setPicked(null),
      onBlur: () => setPicked(null),
      onClick: () => {
        if (at !== null && (touched.current === undefined || touched.current === at)) open?.(at);
      },
      onKeyDown: (event: KeyboardEvent) => {
        if (event.metaKey || event.ctrlKey || event.altKey) return;
        if (event.key === "Enter" && at !== null) open?.(at);
        const to = movedPick(event.key, at, count, columns);
        if (to === null) return;
        event.preventDefault();
        setPicked(to);
      },
    },
  } as const;
}
